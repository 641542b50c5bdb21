//! `bye`: the server is about to close the connection.

use serde::Serialize;

use crate::response::error::Code;

/// Last response of a connection. A backend behind API Gateway cannot choose the code of the close frame, so the reason
/// is sent before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "bye", rename_all = "camelCase")]
pub struct Bye {
    /// Reason.
    pub code: Code,
    /// Reason for people.
    pub message: String,
    /// Tells whether the client may connect again.
    pub reconnect: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::json;

    #[test]
    fn fields_are_in_the_order_of_the_protocol() {
        let bye = Bye {
            code: Code::RateLimited,
            message: "Slow down.".to_owned(),
            reconnect: true,
        };
        assert_eq!(
            json(&bye),
            r#"{"type":"bye","code":"rate_limited","message":"Slow down.","reconnect":true}"#
        );
    }
}
