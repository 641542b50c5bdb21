//! The door to Bedrock, against real event-stream bytes from a server of our own.

mod answers;
mod questions;
mod server;
mod troubles;

use futures::StreamExt;
use longwire_agent::model::{
    Delta, Model, ModelError, ModelErrorKind, Part, Request, StopReason, Turn,
};
use longwire_core::ids::{RunId, ThreadId};
use longwire_core::message::Role;

use server::{Piece, Server, event};

/// The smallest question.
fn question() -> Request {
    Request {
        system: String::new(),
        turns: vec![Turn {
            role: Role::User,
            parts: vec![Part::Text("Hey!".to_owned())],
        }],
        tools: Vec::new(),
        max_tokens: 100,
        run_id: RunId::trusted("r_1"),
        thread_id: ThreadId::trusted("t_1"),
    }
}

/// The answer to the smallest question when the server says this: the deltas and how it ended.
async fn answer(pieces: Vec<Piece>) -> (Vec<Delta>, Option<ModelError>) {
    let server = Server::saying(pieces).await;
    let stream = server
        .bedrock()
        .stream(question())
        .await
        .expect("an answer");
    let mut items: Vec<_> = stream.collect().await;
    let error = match items.pop() {
        Some(Err(error)) => Some(error),
        last => {
            items.extend(last);
            None
        }
    };
    let deltas = items
        .into_iter()
        .map(|item| item.expect("an error comes last"));
    (deltas.collect(), error)
}

/// What went wrong before the answer began.
async fn refusal(server: &Server) -> ModelErrorKind {
    match server.bedrock().stream(question()).await {
        Err(error) => error.kind,
        Ok(_) => panic!("the model was to refuse"),
    }
}

fn text(block: u32, text: &str) -> Delta {
    Delta::Text {
        block,
        text: text.to_owned(),
    }
}

/// `messageStart` and one text.
fn said(words: &str) -> Vec<Piece> {
    vec![
        event("messageStart", r#"{"role":"assistant"}"#),
        event(
            "contentBlockDelta",
            &format!(r#"{{"contentBlockIndex":0,"delta":{{"text":"{words}"}}}}"#),
        ),
    ]
}

fn stopped(reason: &str) -> Piece {
    event("messageStop", &format!(r#"{{"stopReason":"{reason}"}}"#))
}

fn end() -> Delta {
    Delta::Stop(StopReason::EndTurn)
}
