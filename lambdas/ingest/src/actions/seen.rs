//! `seen`: notes which events the device has shown.

use longwire_protocol::request::seen::{Seen, SeenResponse};

use crate::call::Call;
use crate::failure::Failure;

/// Notes the number of the last event that the device has shown.
pub(crate) async fn answer(call: &Call<'_>, request: Seen) -> Result<SeenResponse, Failure> {
    let connection = &call.connection;
    let (user, device) = (&connection.user, connection.device_id.as_ref());
    let seen = call
        .deps
        .users
        .note_seen(user, device, request.up_to, call.now());
    Ok(SeenResponse::new(call.id.clone(), seen.await?))
}
