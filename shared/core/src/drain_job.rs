//! Drain jobs: messages of the queue of pushes that send the inbox of a user to one connection.

use serde::{Deserialize, Serialize};

use crate::ids::{ConnectionId, DeviceId};

/// Version of new drain jobs.
pub const VERSION: u32 = 1;

/// Connection that gets the events that its device has not seen. A job may arrive twice or late without harm, because a
/// client drops the events that it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrainJob {
    /// Version of this shape.
    pub v: u32,
    /// Connection; also the message group of the job.
    pub drain: ConnectionId,
    /// Device of the client; absent for one that names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
}

impl DrainJob {
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
        assert_eq!(serde_json::from_str::<DrainJob>(&body).expect("a job"), job);
    }
}
