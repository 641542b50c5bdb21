//! What API Gateway is told about an attempt to connect.

use std::collections::BTreeMap;

use longwire_protocol::frame::SUBPROTOCOL;
use longwire_protocol::response::Response as _;
use longwire_protocol::response::error::ErrorResponse;
use serde::Serialize;

/// The handshake's answer: 2xx opens the connection, anything else refuses it.
///
/// It is our own type, because `http::HeaderMap` writes names in lower case, and API Gateway's page on
/// subprotocols has this one in mixed case.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Response {
    status_code: u16,
    headers: BTreeMap<&'static str, &'static str>,
    body: String,
}

impl Response {
    /// Come in.
    pub(crate) fn open(subprotocol: bool) -> Self {
        let answer = subprotocol.then_some(("Sec-WebSocket-Protocol", SUBPROTOCOL));
        Self {
            status_code: 200,
            headers: answer.into_iter().collect(),
            body: String::new(),
        }
    }

    /// Not like this: the client has to change something.
    pub(crate) fn bad_request(error: &ErrorResponse) -> Self {
        Self::refused(400, error)
    }

    /// Not now.
    pub(crate) fn unavailable(error: &ErrorResponse) -> Self {
        Self::refused(503, error)
    }

    /// Something is wrong here, not with the client.
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
