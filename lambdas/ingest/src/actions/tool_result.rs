//! `tool_result`: answers a call of a client's tool. The last one starts the run that follows.

use longwire_core::ids::{CallId, RunId};
use longwire_core::thread_key::ThreadKey;
use longwire_core::tool::ToolOutcome;
use longwire_protocol::request::tool_result::ToolResult;
use longwire_protocol::response::ack::{Ack, AckAction, AckStatus};
use longwire_protocol::response::error::{Code, ErrorResponse};
use longwire_scheduler::results::{Answered, NewResult};
use serde_json::Map;

use crate::call::Call;
use crate::failure::Failure;

/// Stores the result, and queues the run that follows when every call has one.
pub(crate) async fn answer(call: &Call<'_>, result: ToolResult) -> Result<Ack, Failure> {
    give(call, new_result(call, result), AckAction::ToolResult).await
}

/// Result of a connection, for which the server chooses the id of the run that follows.
pub(super) fn new_result(call: &Call<'_>, result: ToolResult) -> NewResult {
    NewResult {
        part: result.part,
        of: result.of,
        outcome: result.outcome,
        content: result.content,
        message_id: result.message_id,
        ..new_answer(call, call.key(result.thread_id), result.call_id)
    }
}

/// Answer of a connection to a call, in one part and without content.
pub(super) fn new_answer(call: &Call<'_>, key: ThreadKey, call_id: CallId) -> NewResult {
    NewResult {
        key,
        call_id,
        part: 1,
        of: 1,
        outcome: ToolOutcome::Success,
        content: String::new(),
        decision: None,
        checked: None,
        message_id: None,
        next_run_id: None,
        state: Map::new(),
        payer: call.payer(),
        subscriber: call.subscriber(),
        millis: call.millis,
        life: call.deps.settings.life,
    }
}

/// Stores an answer for a request whose response names this action, and queues the run that follows when every call has one.
pub(super) async fn give(
    call: &Call<'_>,
    result: NewResult,
    action: AckAction,
) -> Result<Ack, Failure> {
    let ack = |run_id: RunId, status: AckStatus, pending: Vec<CallId>, duplicate: bool| Ack {
        pending: Some(pending),
        duplicate,
        ..Ack::new(
            call.id.clone(),
            action,
            result.key.thread_id.clone(),
            run_id,
            status,
        )
    };
    match call.deps.scheduler.answer(&result).await? {
        Answered::Accepted {
            run_id,
            pending,
            duplicate,
        } => Ok(ack(run_id, AckStatus::Accepted, pending, duplicate)),
        Answered::Continued {
            run_id,
            status,
            duplicate,
        } => Ok(ack(run_id, AckStatus::of(status, 0), Vec::new(), duplicate)),
        Answered::NotPending => Err(not_pending(&result.key).into()),
    }
}

pub(super) fn not_pending(key: &ThreadKey) -> ErrorResponse {
    let message =
        "The thread does not wait for an answer to this call, or the call has another one.";
    ErrorResponse {
        thread_id: Some(key.thread_id.clone()),
        ..ErrorResponse::new(Code::NotPending, message)
    }
}
