//! Room jobs: messages of the queue of pushes that send an event to a part of the members of a room.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::ids::{BadId, ConnectionId, RoomName, check};

/// Version of new room jobs.
pub const VERSION: u32 = 1;

/// Members of a room, by the ids of their connections. The parts of a room cover all members, also those that join while a
/// broadcast is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Members {
    /// Room.
    pub room: RoomName,
    /// Connection before the first one; absent in the first part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<ConnectionId>,
    /// Last connection; absent in the last part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<ConnectionId>,
}

impl Members {
    /// All members of a room.
    pub fn all(room: RoomName) -> Self {
        Self {
            room,
            after: None,
            up_to: None,
        }
    }

    /// Tells whether these are all members.
    pub fn are_all(&self) -> bool {
        self.after.is_none() && self.up_to.is_none()
    }

    /// Tells whether the bounds are in their order. DynamoDB refuses others.
    fn bounded(&self) -> bool {
        let (after, up_to) = (self.after.as_ref(), self.up_to.as_ref());
        let named = |id: &ConnectionId| !id.as_str().is_empty();
        let ordered = after.zip(up_to).is_none_or(|(after, up_to)| after < up_to);
        ordered && after.into_iter().chain(up_to).all(named)
    }
}

/// Event for a part of a room. A job may arrive twice or late without harm: a connection that has the event does not get it
/// again.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomJob {
    /// Version of this shape.
    pub v: u32,
    /// Members that get the event. The room is also the message group of the job.
    pub members: Members,
    /// CloudEvent, as the service sent it.
    pub event: Box<RawValue>,
}

/// Error of a queue message that is not a room job.
#[derive(Debug, thiserror::Error)]
pub enum BadRoomJob {
    /// Body that is not JSON, or not of this shape.
    #[error("the message is not a room job: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// Version that this function does not know.
    #[error("the room job has version {0}, this function reads up to {VERSION}")]
    Version(u32),
    /// Name that no room can have.
    #[error("`room` {0}")]
    Room(#[from] BadId),
    /// Bounds between which there is nobody.
    #[error("`after` must come before `upTo`, and neither may be empty")]
    Bounds,
}

impl RoomJob {
    /// Makes the job for some members.
    pub fn new(members: Members, event: Box<RawValue>) -> Self {
        Self {
            v: VERSION,
            members,
            event,
        }
    }

    /// Parses the body of a queue message.
    pub fn parse(body: &str) -> Result<Self, BadRoomJob> {
        let job: Self = serde_json::from_str(body)?;
        if job.v > VERSION {
            return Err(BadRoomJob::Version(job.v));
        }
        check(job.members.room.as_str())?;
        if !job.members.bounded() {
            return Err(BadRoomJob::Bounds);
        }
        Ok(job)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_parses_back_from_its_body() {
        let members = Members {
            after: Some(ConnectionId::trusted("a=")),
            up_to: Some(ConnectionId::trusted("c=")),
            ..Members::all(RoomName::trusted("ops"))
        };
        let event = RawValue::from_string(r#"{"n":1.10}"#.to_owned()).expect("JSON");
        let body = serde_json::to_string(&RoomJob::new(members.clone(), event)).expect("JSON");
        assert_eq!(
            body,
            r#"{"v":1,"members":{"room":"ops","after":"a=","upTo":"c="},"event":{"n":1.10}}"#
        );
        let job = RoomJob::parse(&body).expect("a job");
        assert_eq!((job.members, job.event.get()), (members, r#"{"n":1.10}"#));
        for bad in [
            r#"{"v":2,"members":{"room":"ops"},"event":{}}"#,
            r#"{"v":1,"members":{"room":"a b"},"event":{}}"#,
            r#"{"v":1,"members":{"room":"ops","to":"c"},"event":{}}"#,
            r#"{"v":1,"members":{"room":"ops"},"event":{},"more":1}"#,
            r#"{"v":1,"members":{"room":"ops"}}"#,
            r#"{"v":1,"members":{"room":"ops","after":"c","upTo":"c"},"event":{}}"#,
            r#"{"v":1,"members":{"room":"ops","upTo":""},"event":{}}"#,
        ] {
            assert!(RoomJob::parse(bad).is_err(), "{bad}");
        }
    }
}
