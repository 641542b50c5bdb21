//! `ack`: a request was accepted.

use longwire_core::ids::{CallId, MessageId, RunId, ThreadId};
use longwire_core::run::RunStatus;
use serde::Serialize;

/// Response to a request that was accepted and whose effect is durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "ack", rename_all = "camelCase")]
pub struct Ack {
    /// Id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Action that was accepted.
    pub action: AckAction,
    /// Thread of the run.
    pub thread_id: ThreadId,
    /// Id of the run.
    pub run_id: RunId,
    /// Id of the user message, for a prompt or a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// Status of the run.
    pub status: AckStatus,
    /// Position of a waiting run in the thread's run queue; 1 is the next after the active run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
    /// Calls that still have no answer, for a result or a decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<Vec<CallId>>,
    /// Set when the request was accepted before: a run of this id existed, the call has this result, or the text was accepted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub duplicate: bool,
}

impl Ack {
    /// Makes a response without the fields of a prompt.
    pub fn new(
        id: Option<String>,
        action: AckAction,
        thread_id: ThreadId,
        run_id: RunId,
        status: AckStatus,
    ) -> Self {
        Self {
            id,
            action,
            thread_id,
            run_id,
            message_id: None,
            status,
            position: None,
            pending: None,
            duplicate: false,
        }
    }
}

/// Action that is answered with `ack`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AckAction {
    /// Prompt in any of its forms.
    Prompt,
    /// RunAgentInput of AG-UI.
    Run,
    /// Result of a call.
    ToolResult,
    /// Decision about a call.
    Approval,
    /// Text for an unfinished run.
    Steer,
    /// Cancellation of a run.
    Cancel,
    /// Subscription to a run.
    Resume,
}

/// Status of a run for the client that sent the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AckStatus {
    /// Active, and not yet claimed by a worker.
    Queued,
    /// Behind other runs in the run queue.
    Waiting,
    /// Text that its run takes in, or answer to a call while others have none yet.
    Accepted,
    /// Cancellation requested from the worker.
    Cancelling,
    /// Subscribed; the requested events follow.
    Resuming,
    /// Claimed by a worker.
    Running,
    /// Ended with an answer.
    Finished,
    /// Ended with an error.
    Failed,
    /// Cancelled.
    Cancelled,
}

impl AckStatus {
    /// Status of a run at a position in its thread's run queue; 0 is the active run's.
    pub fn of(status: RunStatus, position: usize) -> Self {
        match status {
            RunStatus::Queued if position > 0 => Self::Waiting,
            RunStatus::Queued => Self::Queued,
            RunStatus::Running => Self::Running,
            RunStatus::Finished => Self::Finished,
            RunStatus::Failed => Self::Failed,
            RunStatus::Cancelled => Self::Cancelled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::json;

    #[test]
    fn fields_are_in_the_order_of_the_protocol() {
        let mut ack = Ack {
            id: Some("2".to_owned()),
            action: AckAction::Prompt,
            thread_id: ThreadId::trusted("t1"),
            run_id: RunId::trusted("r1"),
            message_id: Some(MessageId::trusted("u1")),
            status: AckStatus::Queued,
            position: None,
            pending: None,
            duplicate: false,
        };
        assert_eq!(
            json(&ack),
            r#"{"type":"ack","id":"2","action":"prompt","threadId":"t1","runId":"r1","messageId":"u1","status":"queued"}"#
        );
        ack.id = None;
        ack.status = AckStatus::of(RunStatus::Queued, 3);
        ack.position = Some(3);
        ack.duplicate = true;
        assert_eq!(
            json(&ack),
            r#"{"type":"ack","action":"prompt","threadId":"t1","runId":"r1","messageId":"u1","status":"waiting","position":3,"duplicate":true}"#
        );
    }
}
