//! `resumed`: a subscriber has received all events it was missing.

use longwire_core::ids::{RunId, ThreadId};
use longwire_core::run::RunStatus;
use serde::Serialize;

use crate::response::history::Pending;

/// End of the events that a `resume` request asked for; the events after it are new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "resumed", rename_all = "camelCase")]
pub struct Resumed {
    /// Id of the request, when this is the response to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Thread of the run.
    pub thread_id: ThreadId,
    /// Id of the run; absent when the thread has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// Number of the event after which the subscriber asked.
    pub after: u64,
    /// Number of the run's last event at that time.
    pub last: u64,
    /// Status of the run.
    pub status: ResumedStatus,
    /// Answers that the thread waits for, to calls of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
}

/// Status of a run for a subscriber that resumes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ResumedStatus {
    /// No run on the thread.
    Idle,
    /// Not yet claimed by a worker.
    Waiting,
    /// Claimed by a worker.
    Running,
    /// Ended with an answer.
    Finished,
    /// Ended with an error.
    Failed,
    /// Cancelled.
    Cancelled,
}

impl From<RunStatus> for ResumedStatus {
    fn from(status: RunStatus) -> Self {
        match status {
            RunStatus::Queued => Self::Waiting,
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
        let resumed = Resumed {
            id: None,
            thread_id: ThreadId::trusted("t1"),
            run_id: Some(RunId::trusted("r7")),
            after: 4,
            last: 7,
            status: ResumedStatus::Running,
            pending: None,
        };
        assert_eq!(
            json(&resumed),
            r#"{"type":"resumed","threadId":"t1","runId":"r7","after":4,"last":7,"status":"running"}"#
        );
    }
}
