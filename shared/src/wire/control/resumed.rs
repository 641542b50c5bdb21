//! `resumed`: a connection that asked for a run's lines has them.

use serde::Serialize;

use crate::ids::{RunId, ThreadId};
use crate::run::Status;

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
    pub status: Standing,
}

/// Where a run stands, for a client that comes back to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
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

impl From<Status> for Standing {
    fn from(status: Status) -> Self {
        match status {
            Status::Queued => Self::Waiting,
            Status::Running => Self::Running,
            Status::Finished => Self::Finished,
            Status::Failed => Self::Failed,
            Status::Cancelled => Self::Cancelled,
        }
    }
}
