//! `hello`: tells the client the identity of its connection and the limits of the server.

use longwire_protocol::request::hello::{Hello, Limits, Ready};
use longwire_protocol::request::{Offer, features};

use crate::call::Call;
use crate::drain;
use crate::failure::Failure;

/// Returns the identity of the connection, and the limits and features of the server. The events of the inbox follow.
pub(crate) async fn answer(call: &Call<'_>, request: Hello) -> Result<Ready, Failure> {
    drain::request(call, request.device.as_ref()).await;
    let connection = &call.connection;
    let payer = call.payer();
    let offer = Offer {
        renewal: call.deps.verifier.is_some(),
        usage: payer.is_some(),
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
