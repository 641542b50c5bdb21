//! Jobs: the bodies of queue messages. A job carries no content, only the name of a run that needs a worker.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::ids::{ConnectionId, Owner, RunId, ThreadId};
use crate::payment::Prepayment;
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
    /// Connection whose request caused the job, or the job that this one follows from; `None` when no connection is
    /// known, and in jobs that were sent before 0.1.0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<ConnectionId>,
    /// Reservation of the run's first model call; in the first job of a run whose user has limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prepayment: Option<Prepayment>,
    /// Replay request for a run that has ended. Only jobs that were sent before 0.1.0 have it; the field, and what
    /// reads it, goes in 0.2.0.
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
            connection: None,
            prepayment: None,
            replay: None,
        }
    }

    /// Names the connection that caused the job.
    pub fn caused_by(self, connection: Option<ConnectionId>) -> Self {
        Self { connection, ..self }
    }

    /// Message group of the job: the owner of the thread, so that SQS treats each user as a tenant of its own (SQS developer
    /// guide, "Amazon SQS fair queues"). Where all clients are one user it is the connection that caused the job, or without
    /// one the thread, which has one active run and therefore hardly more than one job at a time. All of them have at most
    /// 128 characters, as SQS asks.
    pub fn group(&self) -> &str {
        if !self.owner.is_shared() {
            return self.owner.as_str();
        }
        let connection = self.connection.as_ref().map(ConnectionId::as_str);
        connection.unwrap_or(self.thread_id.as_str())
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

/// Deserializes a version, and fails when it is newer than [`VERSION`].
pub(crate) fn known_version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let v = u32::deserialize(deserializer)?;
    if v > VERSION {
        let message = format!("the item has version {v}, this worker reads up to {VERSION}");
        return Err(D::Error::custom(message));
    }
    Ok(v)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> Job {
        let key = ThreadKey {
            owner: Owner::anonymous(),
            thread_id: ThreadId::trusted("t_1"),
        };
        Job::new(&key, RunId::trusted("r_1"))
    }

    #[test]
    fn a_job_of_the_version_before_has_no_connection_and_belongs_to_the_group_of_its_thread() {
        let body = r#"{"v":1,"owner":"anonymous","threadId":"t_1","runId":"r_1"}"#;
        let parsed = Job::parse(body).expect("a job");
        assert_eq!(parsed, Job { v: 1, ..job() });
        assert_eq!(parsed.group(), "t_1");
    }

    #[test]
    fn a_job_belongs_to_the_group_of_its_user() {
        for (owner, group) in [
            ("auth0%7C7", "auth0%7C7"),
            ("anonymous", "c="),
            ("@token", "c="),
        ] {
            let job = Job {
                owner: Owner::trusted(owner),
                ..job().caused_by(Some(ConnectionId::trusted("c=")))
            };
            assert_eq!(job.group(), group);
        }
    }

    #[test]
    fn a_job_of_all_clients_belongs_to_the_group_of_the_connection_that_caused_it() {
        let job = job().caused_by(Some(ConnectionId::trusted("c=")));
        let body = serde_json::to_string(&job).expect("JSON");
        assert!(body.ends_with(r#""connection":"c="}"#), "{body}");
        assert_eq!(Job::parse(&body).expect("a job"), job);
        assert_eq!(job.group(), "c=");
    }
}
