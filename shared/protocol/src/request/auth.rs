//! `auth`: renews the token of a connection.

use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use crate::request::fields::Fields;
use crate::response::error::{ErrorResponse, invalid};

/// Request to renew the token of the connection.
#[derive(Debug, Clone)]
pub struct Auth {
    /// Token of the connection's user.
    pub token: SecretString,
}

impl PartialEq for Auth {
    fn eq(&self, other: &Self) -> bool {
        self.token.expose_secret() == other.token.expose_secret()
    }
}

impl Auth {
    /// Parses the fields of the request.
    pub(super) fn parse(fields: &Fields<'_>) -> Result<Self, ErrorResponse> {
        let token = fields.text("token")?.filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| invalid("`token` is missing."))?;
        Ok(Self {
            token: token.into(),
        })
    }
}

/// Response to `auth`: an `ack` with the new expiry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "ack")]
pub struct Renewed {
    /// Id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Always `auth`.
    pub action: &'static str,
    /// Expiry of the connection, in seconds since 1970.
    pub exp: Option<u64>,
}

impl Renewed {
    /// Makes the response.
    pub fn new(id: Option<String>, exp: Option<u64>) -> Self {
        Self {
            id,
            action: super::AUTH,
            exp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::json;

    #[test]
    fn fields_are_in_the_order_of_the_protocol() {
        let renewed = Renewed::new(Some("2".to_owned()), Some(1_763_681_477));
        let expected = r#"{"type":"ack","id":"2","action":"auth","exp":1763681477}"#;
        assert_eq!(json(&renewed), expected);
    }
}
