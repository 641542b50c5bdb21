//! Actions of the protocol, one file each: `answer` takes the [`Call`](crate::call::Call) and the action's request,
//! and returns the response.

mod cancel;
mod hello;
mod history;
mod ping;
mod prompt;
mod resume;

use std::pin::Pin;

use longwire_core::ids::RunId;
use longwire_protocol::request::Request;
use longwire_protocol::request::ping::HEARTBEAT_RESPONSE;
use longwire_protocol::response::json;

use crate::answer::Answer;
use crate::received::Received;

/// Passes a request to its action.
///
/// The future is boxed in this function, which returns before it is polled: side by side in one frame of the stack, as a
/// debug build has them, those of all actions take half a megabyte.
pub(crate) fn dispatch<'a>(
    mut received: Received<'a>,
    request: Request,
) -> Pin<Box<dyn Future<Output = Answer> + 'a>> {
    match request {
        Request::Hello(hello) => Box::pin(received.answer(hello, hello::answer)),
        Request::Prompt(mut prompt) => {
            let run_id = prompt.run_id.get_or_insert_with(RunId::random);
            received.run_id = Some(run_id.clone());
            Box::pin(received.answer(prompt, prompt::answer))
        }
        Request::Cancel(cancel) => Box::pin(received.answer(cancel, cancel::answer)),
        Request::Resume(resume) => Box::pin(received.answer(resume, resume::answer)),
        Request::History(history) => Box::pin(received.answer(history, history::answer)),
        // A ping reads no row, and its response is the same in all formats.
        Request::Ping(ping) => Box::pin(async move {
            match received.count().await {
                Some(refused) => refused,
                None => Answer::new(json(&ping::answer(&received, ping))),
            }
        }),
        Request::Heartbeat => {
            Box::pin(async move { received.answer_with(HEARTBEAT_RESPONSE).await })
        }
    }
}
