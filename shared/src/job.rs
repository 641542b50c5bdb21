//! What travels through the queue: never content, only what wants a worker.

use serde::{Deserialize, Serialize};

use crate::ids::{ConnectionId, Owner, RunId, ThreadId};
use crate::run::Cursor;

/// The version written into new jobs and rows. A worker reads this one and the one before, because a
/// deployment happens in the middle of runs.
pub const VERSION: u32 = 2;

/// One queue message's body: "this run of this thread wants a worker", or "send its lines again". It may arrive
/// twice or late without harm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// The version of this shape.
    pub v: u32,
    /// Whose thread it is.
    pub owner: Owner,
    /// The thread.
    pub thread_id: ThreadId,
    /// The run that is, or was, at the head of the thread's line.
    pub run_id: RunId,
    /// The run has ended, and somebody wants its lines again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<Replay>,
}

/// Who wants an ended run's lines again, and from where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// Who.
    pub connection: ConnectionId,
    /// From where, and in which shape.
    pub cursor: Cursor,
}

/// Why a queue message is no job.
#[derive(Debug, thiserror::Error)]
pub enum BadJob {
    /// Not JSON, or not of this shape.
    #[error("the message is not a job: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// Written by a version this worker does not know.
    #[error("the job has version {0}, this worker reads up to {VERSION}")]
    Version(u32),
}

impl Job {
    /// A job of today's version.
    pub fn new(owner: Owner, thread_id: ThreadId, run_id: RunId) -> Self {
        Self {
            v: VERSION,
            owner,
            thread_id,
            run_id,
            replay: None,
        }
    }

    /// Reads a queue message's body.
    pub fn parse(body: &str) -> Result<Self, BadJob> {
        let job: Self = serde_json::from_str(body)?;
        if job.v > VERSION {
            return Err(BadJob::Version(job.v));
        }
        Ok(job)
    }
}
