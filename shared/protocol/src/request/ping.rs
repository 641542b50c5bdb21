//! `ping`, and heartbeats in plain text: test the connection.

use serde::Serialize;
use serde_json::Number;

use crate::request::fields::Fields;
use crate::response::error::ErrorResponse;

/// Response to a heartbeat in plain text, the same in all formats.
pub const HEARTBEAT_RESPONSE: &str = "pong";

/// Frames that stock WebSocket helpers send to keep a connection open, in lower case.
const HEARTBEATS: [&str; 4] = ["ping", "pong", "heartbeat", "__ping__"];

/// Tells whether a frame in plain text is a heartbeat, in any case and with white space around it.
pub(super) fn is_heartbeat(text: &str) -> bool {
    let text = text.trim();
    HEARTBEATS
        .iter()
        .any(|heartbeat| text.eq_ignore_ascii_case(heartbeat))
}

/// Request that tests the connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Ping {
    /// Time of the client, in a unit of its own.
    pub t: Option<Number>,
}

impl Ping {
    /// Parses the fields of the request.
    pub(super) fn parse(fields: &Fields<'_>) -> Result<Self, ErrorResponse> {
        Ok(Self {
            t: fields.get("t")?,
        })
    }
}

/// Response to `ping`, the same JSON in all formats.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename = "pong")]
pub struct Pong {
    /// Id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Time of the client, as it sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub t: Option<Number>,
    /// Time of the server, in milliseconds since 1970.
    pub now: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::json;

    #[test]
    fn fields_are_in_the_order_of_the_protocol() {
        let pong = Pong {
            id: None,
            t: Some(1_763_681_477_123_u64.into()),
            now: 1_763_681_477_191,
        };
        let expected = r#"{"type":"pong","t":1763681477123,"now":1763681477191}"#;
        assert_eq!(json(&pong), expected);
    }
}
