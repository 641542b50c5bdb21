//! Jobs: the bodies of queue messages. A job carries no content, only the name of a run that needs a worker.

use serde::{Deserialize, Serialize};

use crate::ids::{ConnectionId, Owner, RunId, ThreadId};
use crate::run::Cursor;
use crate::thread_key::ThreadKey;

/// Version of new jobs and rows. A worker reads this version and the one before it, because deployments happen
/// while runs are under way.
pub const VERSION: u32 = 2;

/// Body of one queue message: a run that needs a worker, or a replay of its events. A job may arrive twice or
/// late without harm, because the run's row decides what it leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Version of this shape.
    pub v: u32,
    /// Owner of the thread.
    pub owner: Owner,
    /// Thread of the run.
    pub thread_id: ThreadId,
    /// Run that is, or was, at the head of the thread's run queue.
    pub run_id: RunId,
    /// Replay request for a run that has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<Replay>,
}

/// Request to send the events of an ended run again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// Connection that receives the events.
    pub connection: ConnectionId,
    /// First event to send, and its format.
    pub cursor: Cursor,
}

/// Error of a queue message that is not a job.
#[derive(Debug, thiserror::Error)]
pub enum BadJob {
    /// Body that is not JSON, or not of this shape.
    #[error("the message is not a job: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// Version that this worker does not know.
    #[error("the job has version {0}, this worker reads up to {VERSION}")]
    Version(u32),
}

impl Job {
    /// Makes the job of a run that needs a worker.
    pub fn new(key: &ThreadKey, run_id: RunId) -> Self {
        Self {
            v: VERSION,
            owner: key.owner.clone(),
            thread_id: key.thread_id.clone(),
            run_id,
            replay: None,
        }
    }

    /// Thread of the run.
    pub fn key(&self) -> ThreadKey {
        ThreadKey {
            owner: self.owner.clone(),
            thread_id: self.thread_id.clone(),
        }
    }

    /// Parses the body of a queue message.
    pub fn parse(body: &str) -> Result<Self, BadJob> {
        let job: Self = serde_json::from_str(body)?;
        if job.v > VERSION {
            return Err(BadJob::Version(job.v));
        }
        Ok(job)
    }
}
