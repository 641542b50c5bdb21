//! Actions of the protocol, one file each: `answer` takes the [`Call`](crate::call::Call) and the action's request,
//! and returns the response.

mod approval;
mod auth;
mod cancel;
mod hello;
mod history;
mod inbox;
mod join;
mod leave;
mod ping;
mod prompt;
mod resume;
mod run;
mod seen;
mod steer;
mod ticket;
mod tool_result;
mod usage;

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
        Request::Auth(auth) => Box::pin(received.answer_renewed(auth, auth::answer)),
        Request::Ticket(ticket) => Box::pin(received.answer(ticket, ticket::answer)),
        Request::Prompt(mut prompt) => {
            let run_id = prompt.run_id.get_or_insert_with(RunId::random);
            received.run_id = Some(run_id.clone());
            received.reads_spending = true;
            Box::pin(received.answer(prompt, prompt::answer))
        }
        Request::Run(mut run) => {
            let run_id = run.run_id.get_or_insert_with(RunId::random);
            received.run_id = Some(run_id.clone());
            received.reads_spending = true;
            Box::pin(received.answer(run, run::answer))
        }
        Request::ToolResult(result) => Box::pin(received.answer(result, tool_result::answer)),
        Request::Approval(approval) => Box::pin(received.answer(approval, approval::answer)),
        Request::Steer(steer) => {
            received.run_id = Some(steer.run_id.clone());
            received.reads_spending = true;
            Box::pin(received.answer(steer, steer::answer))
        }
        Request::Cancel(cancel) => Box::pin(received.answer(cancel, cancel::answer)),
        Request::Resume(resume) => Box::pin(received.answer(resume, resume::answer)),
        Request::History(history) => Box::pin(received.answer(history, history::answer)),
        Request::Usage(usage) => {
            received.reads_spending = true;
            Box::pin(received.answer(usage, usage::answer))
        }
        Request::Inbox(inbox) => Box::pin(received.answer(inbox, inbox::answer)),
        Request::Seen(seen) => Box::pin(received.answer(seen, seen::answer)),
        Request::Join(join) => Box::pin(received.answer(join, join::answer)),
        Request::Leave(leave) => Box::pin(received.answer(leave, leave::answer)),
        // A ping needs no row, and its response is the same in all formats.
        Request::Ping(ping) => Box::pin(async move {
            let pong = json(&ping::answer(&received, ping));
            received.answer_without_row(&pong).await
        }),
        Request::Heartbeat => {
            Box::pin(async move { received.answer_with(HEARTBEAT_RESPONSE).await })
        }
    }
}
