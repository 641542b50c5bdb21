//! `join`: makes the connection a member of a room.

use longwire_protocol::request::join::Join;
use longwire_protocol::response::error::{Code, ErrorResponse};
use longwire_protocol::response::room::{RoomAck, RoomAction};
use longwire_store::connections::rooms::{Joined, MAX_ROOMS};

use crate::call::Call;
use crate::failure::{Failure, unknown_connection};

/// Joins the room, if the groups of the connection allow it. A member may join again.
pub(crate) async fn answer(call: &Call<'_>, request: Join) -> Result<RoomAck, Failure> {
    let (connection, room) = (&call.connection, request.room);
    if !call.deps.settings.rooms.admit(&room, &connection.groups) {
        return Err(not_admitted().into());
    }
    let connections = &call.deps.connections;
    match connections.join(connection, &room, call.millis).await? {
        Joined::Member => Ok(RoomAck {
            id: call.id.clone(),
            action: RoomAction::Join,
            room,
        }),
        Joined::Full => Err(too_many().into()),
        Joined::Missing => Err(unknown_connection().into()),
    }
}

/// Refusal of a room that other groups may be in, and of one that nobody may be in. The response does not tell which it is.
fn not_admitted() -> ErrorResponse {
    let message = "`room` names no room that this connection may join.";
    ErrorResponse::new(Code::Forbidden, message)
}

/// Refusal of one room too many. Waiting does not help, so the client is not asked to try again.
fn too_many() -> ErrorResponse {
    let message =
        format!("This connection is in {MAX_ROOMS} rooms, the most it may be in. Leave one first.");
    ErrorResponse::new(Code::Forbidden, message)
}
