//! `ticket`: makes a ticket, with which one more connection of the user can be opened.

use longwire_core::clock::rfc3339;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Serialize, Serializer};

/// Request for a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket;

/// Response to `ticket`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename = "ticket", rename_all = "camelCase")]
pub struct TicketResponse {
    /// Id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Ticket, for the parameter `ticket` of the URL.
    #[serde(serialize_with = "expose")]
    ticket: SecretString,
    /// Expiry (RFC 3339).
    expires_at: String,
}

impl TicketResponse {
    /// Makes the response for a ticket that expires at a time in seconds since 1970.
    pub fn new(id: Option<String>, ticket: SecretString, expires_at: u64) -> Self {
        Self {
            id,
            ticket,
            expires_at: rfc3339(expires_at),
        }
    }
}

fn expose<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::json;

    #[test]
    fn fields_are_in_the_order_of_the_protocol() {
        let response = TicketResponse::new(Some("2".to_owned()), "abc".into(), 1_763_681_477);
        let expected =
            r#"{"type":"ticket","id":"2","ticket":"abc","expiresAt":"2025-11-20T23:31:17Z"}"#;
        assert_eq!(json(&response), expected);
        assert!(!format!("{response:?}").contains("abc"));
    }
}
