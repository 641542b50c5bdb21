//! Events that are kept for the user, and that a connection does not have yet.

use std::time::Duration;

use longwire_core::drain_job::DrainJob;
use longwire_core::ids::DeviceId;
use longwire_core::shape::Format;
use tokio::time::timeout;

use crate::call::Call;
use crate::failure::Failure;

/// Time limit. The request that asks for the events has a limit of its own, and is more important.
const TIME_LIMIT: Duration = Duration::from_secs(1);

/// Time after which events are asked for again that were not sent, in seconds: longer than `push` tries to.
const AGAIN: u64 = 1_800;

/// Lets `push` send the events that the device has not seen, unless that was asked for before: this function never posts. A
/// failure does not refuse the request, because the client can read the events with `inbox`.
pub(crate) async fn request(call: &Call<'_>, device: Option<&DeviceId>) {
    let result = timeout(TIME_LIMIT, try_request(call, device)).await;
    if let Err(failure) = result.unwrap_or(Err(Failure::TimedOut)) {
        tracing::warn!(
            event = "drain_not_requested",
            error = ?failure,
            "the events that are kept for a user are not sent to a connection"
        );
    }
}

async fn try_request(call: &Call<'_>, device: Option<&DeviceId>) -> Result<(), Failure> {
    let connection = &call.connection;
    // Other formats have no frame for an event.
    if connection.format != Format::Agui {
        return Ok(());
    }
    let (users, user) = (&call.deps.users, &connection.user);
    let state = users.inbox_state(user, device).await?;
    let sent = connection.drained_to.unwrap_or_default();
    let asked_at = connection.drain_asked_at.unwrap_or_default();
    let asked = connection
        .drain_asked
        .filter(|_| call.now() < asked_at + AGAIN);
    let has = state.seen.max(sent).max(asked.unwrap_or_default());
    if state.last <= has {
        return Ok(());
    }
    let (id, last) = (&connection.connection, state.last);
    let job = DrainJob::new(id.clone(), device.cloned());
    call.deps.pushes.send_drain(&job).await?;
    Ok(call
        .deps
        .connections
        .note_asked(id, last, call.now())
        .await?)
}
