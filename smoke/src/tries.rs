//! Tries to get an answer.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::answer::Answer;
use crate::failure::Failure;
use crate::options::Options;
use crate::output::Output;
use crate::socket::{self, Socket};
use crate::target::Target;

const PROMPT: &str = "Say hello in one short sentence.";

/// Time for the server to confirm the close.
const CLOSE: Duration = Duration::from_secs(1);

/// Asks until an answer is complete or the tries are used up, and prints the answer, or the problems of each try.
pub(crate) async fn run(target: &Target, options: &Options, output: &Output) -> bool {
    for left in (0..options.tries).rev() {
        let (answer, failure) = ask(target, options.timeout()).await;
        let problems = answer.problems();
        if problems.is_empty() {
            output.result(&format!("prompt: {PROMPT}"));
            output.result(&format!("answer: {}", answer.text().trim()));
            return true;
        }
        let failure = failure.map(|failure| failure.to_string());
        for problem in failure.into_iter().chain(problems) {
            output.problem(&format!("not yet right: {problem}"));
        }
        if left > 0 {
            sleep(options.pause()).await;
        }
    }
    false
}

/// Sends the prompt on a connection of its own; the answer is as complete as it was when the connection failed.
async fn ask(target: &Target, limit: Duration) -> (Answer, Option<Failure>) {
    let mut answer = Answer::default();
    let asked = timeout(limit, converse(target, &mut answer)).await;
    let failure = asked.unwrap_or(Err(Failure::Late(limit.as_secs()))).err();
    (answer, failure)
}

async fn converse(target: &Target, answer: &mut Answer) -> Result<(), Failure> {
    let mut socket = socket::open(target).await?;
    let prompt = json!({ "action": "prompt", "prompt": PROMPT });
    let sent = socket.send(Message::text(prompt.to_string())).await;
    sent.map_err(|error| Failure::of_stream(&error))?;
    while !answer.is_over() {
        match socket.next().await {
            Some(Ok(Message::Text(message))) => answer.take(&message),
            Some(Ok(Message::Close(_))) | None => return Err(Failure::Closed),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(Failure::of_stream(&error)),
        }
        if answer.is_too_large() {
            return Err(Failure::TooMuch);
        }
    }
    close(socket).await;
    Ok(())
}

/// Closes the connection. The answer is there, so a failure changes nothing.
async fn close(mut socket: Socket) {
    let _ = timeout(CLOSE, socket.close(None)).await;
}
