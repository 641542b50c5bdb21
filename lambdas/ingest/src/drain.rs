//! Events that are kept for the user, and that a connection does not have yet.

use longwire_core::drain_job::DrainJob;
use longwire_core::ids::DeviceId;
use longwire_core::shape::Format;

use crate::call::Call;
use crate::failure::Failure;

/// Lets `push` send the events that the device has not seen, unless that was asked for before: this function never posts. A
/// failure does not refuse the request, because the client can read the events with `inbox`.
pub(crate) async fn request(call: &Call<'_>, device: Option<&DeviceId>) {
    if let Err(failure) = try_request(call, device).await {
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
    let device = device.or(connection.device_id.as_ref());
    let state = call
        .deps
        .users
        .inbox_state(&connection.user, device)
        .await?;
    let same_device = device == connection.device_id.as_ref();
    let asked = connection.drained_to.filter(|_| same_device);
    let unseen = state.last > state.seen.max(asked.unwrap_or_default());
    if unseen {
        let job = DrainJob::new(connection.connection.clone(), device.cloned());
        call.deps.pushes.send_drain(&job).await?;
    }
    if unseen || !same_device {
        let (id, last) = (&connection.connection, state.last);
        call.deps.connections.note_drained(id, device, last).await?;
    }
    Ok(())
}
