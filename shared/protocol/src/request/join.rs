//! `join`: makes the connection a member of a room.

use longwire_core::ids::RoomName;

use crate::request::fields::Fields;
use crate::response::error::ErrorResponse;

/// Request to become a member of a room. The response is a [`RoomAck`](crate::response::room::RoomAck).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// Room.
    pub room: RoomName,
}

impl Join {
    /// Parses the fields of the request.
    pub(super) fn parse(fields: &Fields<'_>) -> Result<Self, ErrorResponse> {
        Ok(Self {
            room: fields.room()?,
        })
    }
}
