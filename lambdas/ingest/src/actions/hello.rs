//! `hello`: tells the client the identity of its connection and the limits of the server.

use longwire_core::ids::DeviceId;
use longwire_protocol::request::hello::{Hello, Limits, Ready};
use longwire_protocol::request::{Offer, features};
use longwire_protocol::response::error::{Code, ErrorResponse};
use longwire_store::connections::drained::DeviceSet;

use crate::call::Call;
use crate::drain;
use crate::failure::{Failure, unknown_connection};

/// Returns the identity of the connection, and the limits and features of the server. The events of the inbox follow.
pub(crate) async fn answer(call: &Call<'_>, request: Hello) -> Result<Ready, Failure> {
    let connection = &call.connection;
    if let Some(device) = &request.device {
        set_device(call, device).await?;
    }
    let device = request.device.as_ref().or(connection.device_id.as_ref());
    drain::request(call, device).await;
    let payer = call.payer();
    let offer = Offer {
        renewal: call.deps.verifier.is_some(),
        usage: payer.is_some(),
        rooms: !call.deps.settings.rooms.is_empty(),
    };
    let limits = payer.map(|payer| payer.limits);
    Ok(Ready::new(
        call.id.clone(),
        connection.connection.clone(),
        connection.user.clone(),
        connection.thread_id.clone(),
        features(offer),
        Limits::new(call.deps.settings.replay, limits),
    ))
}

/// Names the device of the connection before anything is answered: `seen` notes what this device has seen.
async fn set_device(call: &Call<'_>, device: &DeviceId) -> Result<(), Failure> {
    let connection = &call.connection;
    if connection.device_id.as_ref() == Some(device) {
        return Ok(());
    }
    let (connections, id) = (&call.deps.connections, &connection.connection);
    match connections.set_device(id, device).await? {
        DeviceSet::Set => Ok(()),
        DeviceSet::Missing => Err(unknown_connection().into()),
        DeviceSet::Other => {
            let message = "`deviceId` of a connection cannot change.";
            Err(ErrorResponse::new(Code::InvalidMessage, message).into())
        }
    }
}
