//! Connection jobs: the bodies of the messages of the queue `replays`. They carry no content, only the id of a connection
//! whose row holds work.

use serde::{Deserialize, Serialize};

use crate::ids::ConnectionId;

/// Version of new connection jobs.
pub const VERSION: u32 = 1;

/// Body of one queue message: a connection that waits for replays, or that is to be closed. A job may arrive twice or
/// late without harm, because the connection's row decides what it leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionJob {
    /// Version of this shape.
    pub v: u32,
    /// Connection whose row holds the work; also the message group of the job.
    pub connection: ConnectionId,
}

/// Error of a queue message that is not a connection job.
#[derive(Debug, thiserror::Error)]
pub enum BadConnectionJob {
    /// Body that is not JSON, or not of this shape.
    #[error("the message is not a connection job: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// Version that this function does not know.
    #[error("the connection job has version {0}, this function reads up to {VERSION}")]
    Version(u32),
}

impl ConnectionJob {
    /// Makes the job of a connection.
    pub fn new(connection: ConnectionId) -> Self {
        Self {
            v: VERSION,
            connection,
        }
    }

    /// Parses the body of a queue message.
    pub fn parse(body: &str) -> Result<Self, BadConnectionJob> {
        let job: Self = serde_json::from_str(body)?;
        if job.v > VERSION {
            return Err(BadConnectionJob::Version(job.v));
        }
        Ok(job)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_parses_back_from_its_body_and_a_newer_version_is_refused() {
        let job = ConnectionJob::new(ConnectionId::trusted("c="));
        let body = serde_json::to_string(&job).expect("JSON");
        assert_eq!(body, r#"{"v":1,"connection":"c="}"#);
        assert_eq!(ConnectionJob::parse(&body).expect("a job"), job);
        let newer = ConnectionJob::parse(r#"{"v":2,"connection":"c="}"#);
        assert!(matches!(newer, Err(BadConnectionJob::Version(2))));
    }
}
