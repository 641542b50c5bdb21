//! `ack` of a request that concerns a room.

use longwire_core::ids::RoomName;
use serde::Serialize;

/// Response to `join` and `leave`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "ack")]
pub struct RoomAck {
    /// Id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Action that was accepted.
    pub action: RoomAction,
    /// Room.
    pub room: RoomName,
}

/// Action that concerns a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RoomAction {
    /// The connection is a member.
    Join,
    /// The connection is no member.
    Leave,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::json;

    #[test]
    fn fields_are_in_the_order_of_the_protocol() {
        let ack = RoomAck {
            id: Some("8".to_owned()),
            action: RoomAction::Join,
            room: RoomName::trusted("ops"),
        };
        assert_eq!(
            json(&ack),
            r#"{"type":"ack","id":"8","action":"join","room":"ops"}"#
        );
    }
}
