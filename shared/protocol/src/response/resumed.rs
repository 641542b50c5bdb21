//! `resumed`: a connection that asked for a run's lines has them.

use serde::Serialize;

use longwire_core::ids::{RunId, ThreadId};
use longwire_core::run::RunStatus;

/// A connection has got what was missing; what follows is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resumed {
    /// The message's id, when this is the direct answer to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The thread.
    pub thread_id: ThreadId,
    /// The run; absent when the thread has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// The line after which the client asked.
    pub after: u64,
    /// The line that was last then.
    pub last: u64,
    /// Where the run stands.
    pub status: ResumedStatus,
}

/// Where a run stands, for a client that comes back to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ResumedStatus {
    /// The thread has no run.
    Idle,
    /// No worker has begun it.
    Waiting,
    /// It goes on.
    Running,
    /// It answered.
    Finished,
    /// It failed.
    Failed,
    /// It was stopped.
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
