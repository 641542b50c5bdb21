//! `leave`: ends the membership of the connection in a room.

use longwire_protocol::request::leave::Leave;
use longwire_protocol::response::room::{RoomAck, RoomAction};

use crate::call::Call;
use crate::failure::Failure;

/// Leaves the room. A connection that is not in it has left it, too.
pub(crate) async fn answer(call: &Call<'_>, request: Leave) -> Result<RoomAck, Failure> {
    let (connections, id) = (&call.deps.connections, &call.connection.connection);
    connections.leave(id, &request.room, call.millis).await?;
    Ok(RoomAck {
        id: call.id.clone(),
        action: RoomAction::Leave,
        room: request.room,
    })
}
