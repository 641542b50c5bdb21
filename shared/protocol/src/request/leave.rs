//! `leave`: ends the membership of the connection in a room.

use longwire_core::ids::RoomName;

use crate::request::fields::Fields;
use crate::response::error::ErrorResponse;

/// Request to leave a room. The response is a [`RoomAck`](crate::response::room::RoomAck).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leave {
    /// Room.
    pub room: RoomName,
}

impl Leave {
    /// Parses the fields of the request.
    pub(super) fn parse(fields: &Fields<'_>) -> Result<Self, ErrorResponse> {
        Ok(Self {
            room: fields.room()?,
        })
    }
}
