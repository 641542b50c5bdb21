//! `seen`: the device has shown the events of the inbox up to a number.

use serde::Serialize;

use crate::request::fields::Fields;
use crate::response::error::{ErrorResponse, invalid};

/// Note of the events that a device has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Number of the last one.
    pub up_to: u64,
}

impl Seen {
    /// Parses the fields of the request.
    pub(super) fn parse(fields: &Fields<'_>) -> Result<Self, ErrorResponse> {
        let up_to = fields.get("upTo")?;
        let up_to = up_to.ok_or_else(|| invalid("`upTo` is missing."))?;
        Ok(Self { up_to })
    }
}

/// Response to `seen`: an `ack` with what the device has seen now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "ack", rename_all = "camelCase")]
pub struct SeenResponse {
    /// Id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Always `seen`.
    action: &'static str,
    /// Number of the last event that the device has seen.
    up_to: u64,
}

impl SeenResponse {
    /// Makes the response.
    pub fn new(id: Option<String>, up_to: u64) -> Self {
        Self {
            id,
            action: super::SEEN,
            up_to,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::json;

    #[test]
    fn fields_are_in_the_order_of_the_protocol() {
        let seen = SeenResponse::new(Some("6".to_owned()), 17);
        assert_eq!(
            json(&seen),
            r#"{"type":"ack","id":"6","action":"seen","upTo":17}"#
        );
    }
}
