//! `hello`: tells the client the identity of its connection and the limits of the server.

use longwire_protocol::request::features;
use longwire_protocol::request::hello::{Hello, Ready};

use crate::call::Call;
use crate::failure::Failure;

/// Returns the identity of the connection, and the limits and features of the server.
pub(crate) async fn answer(call: &Call<'_>, _: Hello) -> Result<Ready, Failure> {
    let connection = &call.connection;
    Ok(Ready::new(
        call.id.clone(),
        connection.connection.clone(),
        connection.user.clone(),
        connection.thread_id.clone(),
        features(call.deps.verifier.is_some()),
        call.deps.settings.replay,
    ))
}
