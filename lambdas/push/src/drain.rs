//! Drain of an inbox: sends the events that a device has not seen to its connection.

use std::time::Duration;

use longwire_core::drain_job::DrainJob;
use longwire_core::shape::Lines;
use longwire_protocol::frame::MAX_FRAME_BYTES;
use longwire_protocol::response::push::frame;
use longwire_store::connections::Connection;
use longwire_store::users::inbox::KeptEvent;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use tokio::time::{Instant, sleep};

use crate::bad_request::BadRequest;
use crate::deps::Deps;
use crate::post::Posted;
use crate::response::Failure;

/// Most events of one read.
const PAGE: u16 = 100;

/// Pause between two posts, so that a run of the connection gets its turn.
const PACE: Duration = Duration::from_millis(20);

/// Members by which a drain job is recognised. A CloudEvent may have an attribute of the same name.
#[derive(Deserialize)]
struct Named {
    drain: Option<IgnoredAny>,
    specversion: Option<IgnoredAny>,
}

/// Reads a message of the queue as a drain job; `None` when it is a request of a service.
pub(crate) fn job(message: &RawValue) -> Result<Option<DrainJob>, BadRequest> {
    let named: Named = serde_json::from_str(message.get())?;
    if named.drain.is_none() || named.specversion.is_some() {
        return Ok(None);
    }
    let job = DrainJob::parse(message.get());
    job.map(Some)
        .map_err(|error| BadRequest::unreadable(&error))
}

/// Sends the events in their order, a page after the other, and notes how far it came: a repetition goes on from there. Ends
/// without an error for a connection that is gone.
pub(crate) async fn drain(deps: &Deps, job: &DrainJob, ends: Instant) -> Result<(), Failure> {
    let now = deps.clock.unix_seconds();
    let Some(connection) = deps.connections.get(&job.drain, now).await? else {
        return Ok(());
    };
    if !connection.takes_posts(now) {
        return Ok(());
    }
    let (user, device) = (&connection.user, job.device.as_ref());
    let seen = deps.users.inbox_state(user, device).await?.seen;
    let mut after = seen.max(connection.drained_to.unwrap_or_default());
    loop {
        let page = Box::pin(deps.users.inbox(user, after, PAGE, now)).await?;
        let sent = Box::pin(send(deps, &connection, &page.events, ends)).await;
        let last = page.next.filter(|_| sent.all).or(sent.last);
        if let Some(last) = last {
            deps.connections.note_drained(&job.drain, last).await?;
        }
        match (sent.all, page.next) {
            (true, Some(next)) => after = next,
            (true, None) => return Ok(()),
            (false, _) if sent.gone => return Ok(deps.connections.delete(&job.drain).await?),
            (false, _) => return Err(Failure::of_one_connection()),
        }
    }
}

/// How far some events were sent.
#[derive(Default)]
struct Sent {
    /// Number of the last one that was sent.
    last: Option<u64>,
    /// Set when all of them were.
    all: bool,
    /// Set when the connection no longer exists.
    gone: bool,
}

async fn send(deps: &Deps, connection: &Connection, events: &[KeptEvent], ends: Instant) -> Sent {
    let mut sent = Sent::default();
    for (frame, last) in frames(connection, events) {
        match deps.post_to(connection, &frame, ends).await {
            Posted::Delivered => sent.last = Some(last),
            Posted::Gone => return Sent { gone: true, ..sent },
            Posted::Failed => return sent,
        }
        sleep(PACE).await;
    }
    Sent { all: true, ..sent }
}

/// Frames of some events, each with the number of its last event: one event each, or as many as fit for a connection that
/// takes several lines.
fn frames(connection: &Connection, events: &[KeptEvent]) -> Vec<(String, u64)> {
    let mut frames: Vec<(String, u64)> = Vec::new();
    for KeptEvent { seq, event, run } in events {
        let line = frame(event.id(), Some(*seq), run.as_ref(), event.json());
        match frames.last_mut() {
            Some((frame, last))
                if connection.lines == Lines::Many
                    && frame.len() + 1 + line.len() <= MAX_FRAME_BYTES =>
            {
                frame.push('\n');
                frame.push_str(&line);
                *last = *seq;
            }
            _ => frames.push((line, *seq)),
        }
    }
    frames
}
