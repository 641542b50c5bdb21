//! Responses to a handshake.

use std::collections::BTreeMap;

use longwire_protocol::frame::SUBPROTOCOL;
use longwire_protocol::response::error::ErrorResponse;
use serde::Serialize;

/// Response to a handshake: status 2xx opens the connection, any other refuses it.
///
/// `ApiGatewayProxyResponse` does not fit: its `http::HeaderMap` writes the names of headers in lower case, and API
/// Gateway documents this one in mixed case ("Set up a `$connect` route that requires a WebSocket subprotocol").
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Response {
    status_code: u16,
    headers: BTreeMap<&'static str, &'static str>,
    body: String,
}

impl Response {
    /// Opens the connection and confirms the subprotocol if it was offered.
    pub(crate) fn accepted(subprotocol: bool) -> Self {
        let header = subprotocol.then_some(("Sec-WebSocket-Protocol", SUBPROTOCOL));
        Self {
            status_code: 200,
            headers: header.into_iter().collect(),
            body: String::new(),
        }
    }

    /// Refuses a handshake that the client has to change.
    pub(crate) fn bad_request(error: &ErrorResponse) -> Self {
        Self::refused(400, error)
    }

    /// Refuses a handshake that the client may repeat later.
    pub(crate) fn unavailable(error: &ErrorResponse) -> Self {
        Self::refused(503, error)
    }

    /// Refuses a handshake because of an error in Longwire or API Gateway.
    pub(crate) fn internal(error: &ErrorResponse) -> Self {
        Self::refused(500, error)
    }

    fn refused(status_code: u16, error: &ErrorResponse) -> Self {
        Self {
            status_code,
            headers: BTreeMap::from([("Content-Type", "application/json")]),
            body: error.json(),
        }
    }
}
