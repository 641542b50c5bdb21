//! Drain jobs: messages of the queue of pushes that send the inbox of a user to one connection.

use serde::{Deserialize, Serialize};

use crate::ids::{BadId, ConnectionId, DeviceId, check};

/// Version of new drain jobs.
pub const VERSION: u32 = 1;

/// Connection that gets the events that its device has not seen. A job may arrive twice or late without harm, because a
/// client drops the events that it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrainJob {
    /// Version of this shape.
    pub v: u32,
    /// Connection; also the message group of the job.
    pub drain: ConnectionId,
    /// Device of the client; absent for one that names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
}

/// Error of a queue message that is not a drain job.
#[derive(Debug, thiserror::Error)]
pub enum BadDrainJob {
    /// Body that is not JSON, or not of this shape.
    #[error("the message is not a drain job: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// Version that this function does not know.
    #[error("the drain job has version {0}, this function reads up to {VERSION}")]
    Version(u32),
    /// Device that no client can have.
    #[error("`device` {0}")]
    Device(#[from] BadId),
}

impl DrainJob {
    /// Parses the body of a queue message.
    pub fn parse(body: &str) -> Result<Self, BadDrainJob> {
        let job: Self = serde_json::from_str(body)?;
        if job.v > VERSION {
            return Err(BadDrainJob::Version(job.v));
        }
        if let Some(device) = &job.device {
            check(device.as_str())?;
        }
        Ok(job)
    }

    /// Makes the job of a connection.
    pub fn new(connection: ConnectionId, device: Option<DeviceId>) -> Self {
        Self {
            v: VERSION,
            drain: connection,
            device,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_parses_back_from_its_body() {
        let job = DrainJob::new(
            ConnectionId::trusted("c="),
            Some(DeviceId::trusted("phone")),
        );
        let body = serde_json::to_string(&job).expect("JSON");
        assert_eq!(body, r#"{"v":1,"drain":"c=","device":"phone"}"#);
        assert_eq!(DrainJob::parse(&body).expect("a job"), job);
        for bad in [
            r#"{"v":2,"drain":"c="}"#,
            r#"{"v":1,"drain":"c=","device":"a b"}"#,
            r#"{"v":1,"drain":"c=","more":1}"#,
        ] {
            assert!(DrainJob::parse(bad).is_err(), "{bad}");
        }
    }
}
