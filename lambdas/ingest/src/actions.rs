//! Actions of the protocol, one file each: `answer` takes the [`Call`](crate::call::Call) and the action's request,
//! and returns the response.

mod cancel;
mod hello;
mod history;
mod ping;
mod prompt;
mod resume;

use longwire_core::ids::RunId;
use longwire_protocol::request::Request;
use longwire_protocol::request::ping::HEARTBEAT_RESPONSE;
use longwire_protocol::response::json;

use crate::answer::Answer;
use crate::received::Received;

/// Passes a request to its action.
pub(crate) async fn dispatch(mut received: Received<'_>, request: Request) -> Answer {
    match request {
        Request::Hello(hello) => received.answer(hello, hello::answer).await,
        Request::Prompt(mut prompt) => {
            let run_id = prompt.run_id.get_or_insert_with(RunId::random);
            received.run_id = Some(run_id.clone());
            received.answer(prompt, prompt::answer).await
        }
        Request::Cancel(cancel) => received.answer(cancel, cancel::answer).await,
        Request::Resume(resume) => received.answer(resume, resume::answer).await,
        Request::History(history) => received.answer(history, history::answer).await,
        // A ping reads no row, and its response is the same in all formats.
        Request::Ping(ping) => match received.count().await {
            Some(refused) => refused,
            None => Answer::new(json(&ping::answer(&received, ping))),
        },
        Request::Heartbeat => received.answer_with(HEARTBEAT_RESPONSE).await,
    }
}
