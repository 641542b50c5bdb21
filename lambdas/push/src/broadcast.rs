//! Broadcast to a room with more members than one invocation posts to: room jobs of the queue, each for a part of them.

use std::iter::once;

use longwire_core::cloud_event::CloudEvent;
use longwire_core::ids::{ConnectionId, RoomName};
use longwire_core::room_job::{Members, RoomJob};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::bad_request::BadRequest;
use crate::deps::Deps;
use crate::request::{Request, Target};
use crate::response::{Failure, Response};

/// Most members to which one invocation posts for a request, and members of one job.
const PART: usize = 500;

/// Most members of a broadcast.
const MAX_MEMBERS: usize = 100_000;

/// Room to which no event is sent. A repetition is refused, too.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadRoom {
    /// Room that no pattern of the setting covers.
    #[error("`room` names no room of this deployment")]
    Unknown,
    /// Room with too many members.
    #[error("`room` has more than {MAX_MEMBERS} members; use several rooms")]
    TooLarge,
}

/// Members by which a room job is recognised. A CloudEvent may have an attribute of the same name.
#[derive(Deserialize)]
struct Named {
    members: Option<IgnoredAny>,
    specversion: Option<IgnoredAny>,
}

/// Reads a message of the queue as a room job; `None` when it is a request of a service. A service that sends one reaches a
/// part of the room that it could name as its target.
pub(crate) fn job(message: &RawValue) -> Result<Option<RoomJob>, BadRequest> {
    let named: Named = serde_json::from_str(message.get())?;
    if named.members.is_none() || named.specversion.is_some() {
        return Ok(None);
    }
    let job = RoomJob::parse(message.get());
    job.map(Some)
        .map_err(|error| BadRequest::unreadable(&error))
}

/// Request of a room job.
pub(crate) fn request(job: &RoomJob) -> Result<Request, BadRequest> {
    Ok(Request {
        target: Target::Room(job.members.clone()),
        event: CloudEvent::parse(&job.event)?,
        durable: None,
        prompt: None,
    })
}

/// Sends the jobs of a broadcast, and returns the response to the service; `None` when one invocation posts to the members.
/// Refuses a room that the deployment does not have.
///
/// A part of a room is never divided again. So a job causes no further one, and the chain of invocations stays far below the
/// length at which Lambda ends it ("Use Lambda recursive loop detection to prevent infinite loops").
pub(crate) async fn send(
    deps: &Deps,
    members: &Members,
    event: &CloudEvent,
) -> Result<Option<Response>, Failure> {
    if !deps.rooms.has(&members.room) {
        return Err(BadRoom::Unknown.into());
    }
    if !members.are_all() {
        return Ok(None);
    }
    let Some(divided) = divide(deps, members).await? else {
        return Ok(None);
    };
    let parts = divided.parts.into_iter();
    let jobs: Vec<_> = parts
        .map(|members| RoomJob::new(members, event.json().to_owned()))
        .collect();
    deps.pushes.send_rooms(&jobs).await?;
    Ok(Some(Response {
        queued: Some(divided.members),
        ..Response::new(event.id())
    }))
}

/// Room that is divided.
struct Divided {
    /// Parts, which together cover all connections.
    parts: Vec<Members>,
    /// Number of members.
    members: usize,
}

/// Divides a room; `None` when it is small.
async fn divide(deps: &Deps, all: &Members) -> Result<Option<Divided>, Failure> {
    let (mut bounds, mut members, mut start) = (Vec::new(), 0, None);
    loop {
        let page = deps.connections.members(all, start, PART).await?;
        members += page.members.len();
        if members > MAX_MEMBERS {
            return Err(BadRoom::TooLarge.into());
        }
        bounds.extend(page.members.into_iter().next_back());
        match page.next {
            Some(next) => start = Some(next),
            None => break,
        }
    }
    // The last part has no end, for members that join meanwhile.
    bounds.pop();
    Ok((members > PART).then(|| Divided {
        parts: parts(&all.room, &bounds),
        members,
    }))
}

/// Parts between some connections.
fn parts(room: &RoomName, bounds: &[ConnectionId]) -> Vec<Members> {
    let bounds = || bounds.iter().cloned().map(Some);
    let afters = once(None).chain(bounds());
    let parts = afters.zip(bounds().chain(once(None)));
    let part = |(after, up_to)| Members {
        room: room.clone(),
        after,
        up_to,
    };
    parts.map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_everybody() {
        let room = RoomName::trusted("ops");
        let [b, d] = ["b", "d"].map(ConnectionId::trusted);
        assert_eq!(parts(&room, &[]), [Members::all(room.clone())]);
        let part = |after: Option<&ConnectionId>, up_to: Option<&ConnectionId>| Members {
            room: room.clone(),
            after: after.cloned(),
            up_to: up_to.cloned(),
        };
        assert_eq!(
            parts(&room, &[b.clone(), d.clone()]),
            [
                part(None, Some(&b)),
                part(Some(&b), Some(&d)),
                part(Some(&d), None)
            ]
        );
    }
}
