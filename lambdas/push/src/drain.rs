//! Drain of an inbox: sends the events that a device has not seen to its connection.

use longwire_core::drain_job::{DrainJob, VERSION};
use longwire_core::shape::Lines;
use longwire_protocol::frame::MAX_FRAME_BYTES;
use longwire_protocol::response::push::frame;
use longwire_store::connections::Connection;
use longwire_store::users::inbox::KeptEvent;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::Instant;

use crate::deps::Deps;
use crate::post::Posted;
use crate::request::BadRequest;
use crate::response::Failure;

/// Most events of one read.
const PAGE: u16 = 100;

/// Part by which a drain job is recognised.
#[derive(Deserialize)]
struct Named {
    drain: Option<serde::de::IgnoredAny>,
}

/// Reads a message of the queue as a drain job; `None` when it is a request of a service.
pub(crate) fn job(message: &RawValue) -> Result<Option<DrainJob>, BadRequest> {
    let named: Named = serde_json::from_str(message.get())?;
    if named.drain.is_none() {
        return Ok(None);
    }
    let job: DrainJob = serde_json::from_str(message.get())?;
    if job.v > VERSION {
        let error = format!(
            "the drain job has version {}, this function reads up to {VERSION}",
            job.v
        );
        return Err(BadRequest::Unreadable(error));
    }
    Ok(Some(job))
}

/// Sends the events in their order, a page after the other. Ends without an error for a connection that is gone.
pub(crate) async fn drain(deps: &Deps, job: &DrainJob, ends: Instant) -> Result<(), Failure> {
    let now = deps.clock.unix_seconds();
    let Some(connection) = deps.connections.get(&job.drain, now).await? else {
        return Ok(());
    };
    if !connection.takes_posts(now) {
        return Ok(());
    }
    let (user, device) = (&connection.user, job.device.as_ref());
    let mut after = deps.users.inbox_state(user, device).await?.seen;
    loop {
        let page = deps.users.inbox(user, after, PAGE, now).await?;
        for frame in frames(&connection, &page.events) {
            match deps.post_to(&connection, &frame, ends).await {
                Posted::Delivered => {}
                Posted::Gone => return Ok(deps.connections.delete(&job.drain).await?),
                Posted::Failed => {
                    return Err(Failure::Incomplete {
                        failed: 1,
                        total: 1,
                    });
                }
            }
        }
        after = match page.next {
            Some(next) => next,
            None => return Ok(()),
        };
    }
}

/// Frames of some events: one event each, or as many as fit for a connection that takes several lines.
fn frames(connection: &Connection, events: &[KeptEvent]) -> Vec<String> {
    let mut frames: Vec<String> = Vec::new();
    for KeptEvent { seq, event } in events {
        let line = frame(event.id(), Some(*seq), event.json());
        match frames.last_mut() {
            Some(last)
                if connection.lines == Lines::Many
                    && last.len() + 1 + line.len() <= MAX_FRAME_BYTES =>
            {
                last.push('\n');
                last.push_str(&line);
            }
            _ => frames.push(line),
        }
    }
    frames
}
