//! `ack`: a message was accepted.

use serde::Serialize;

use longwire_core::ids::{MessageId, RunId, ThreadId};
use longwire_core::run::RunStatus;

/// A message was accepted: what it wants is durable from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ack {
    /// The message's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What was accepted.
    pub action: Action,
    /// The thread.
    pub thread_id: ThreadId,
    /// The run.
    pub run_id: RunId,
    /// The user's message, of a start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// Where the run stands.
    pub status: AckStatus,
    /// Its place in the thread's line when it waits: 1 is next after the active run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
    /// The run was there before; nothing was started.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub duplicate: bool,
}

/// The actions that are acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// A prompt, in any of its forms.
    Prompt,
    /// A wish to stop a run.
    Cancel,
    /// A wish for a run's lines.
    Resume,
}

/// Where a run stands, for the client that started it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AckStatus {
    /// It is the active one and wants a worker.
    Queued,
    /// Others are before it.
    Waiting,
    /// Its worker will stop it.
    Cancelling,
    /// Its lines are on their way.
    Resuming,
    /// A worker has it.
    Running,
    /// It answered.
    Finished,
    /// It failed.
    Failed,
    /// It was stopped.
    Cancelled,
}

impl AckStatus {
    /// The status of a run at this place in its thread's line: 0 is the active run's.
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
    use crate::response::Response;

    #[test]
    fn fields_stand_in_the_protocols_order() {
        let mut ack = Ack {
            id: Some("2".to_owned()),
            action: Action::Prompt,
            thread_id: ThreadId::trusted("t1"),
            run_id: RunId::trusted("r1"),
            message_id: Some(MessageId::trusted("u1")),
            status: AckStatus::Queued,
            position: None,
            duplicate: false,
        };
        assert_eq!(
            Response::Ack(ack.clone()).json(),
            r#"{"type":"ack","id":"2","action":"prompt","threadId":"t1","runId":"r1","messageId":"u1","status":"queued"}"#
        );
        ack.id = None;
        ack.status = AckStatus::of(RunStatus::Queued, 3);
        ack.position = Some(3);
        ack.duplicate = true;
        assert_eq!(
            Response::Ack(ack).json(),
            r#"{"type":"ack","action":"prompt","threadId":"t1","runId":"r1","messageId":"u1","status":"waiting","position":3,"duplicate":true}"#
        );
    }
}
