//! Parameters of a handshake, in its headers and its query.

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use longwire_core::ids::ThreadId;
use longwire_core::shape::{Format, Lines, Shape};
use longwire_protocol::frame::SUBPROTOCOL;
use longwire_protocol::response::error::{ErrorResponse, invalid, unsupported_format};

const HEADER: &str = "sec-websocket-protocol";

/// Parameters of a handshake.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Handshake {
    /// Thread of the requests that name none.
    pub thread: ThreadId,
    /// Format and framing of the connection.
    pub shape: Shape,
    /// Set when the client offered the subprotocol, which must then be confirmed.
    pub subprotocol: bool,
}

impl Handshake {
    /// Reads headers and query. Fails with the error that refuses the handshake.
    pub(crate) fn read(event: &ApiGatewayWebsocketProxyRequest) -> Result<Self, ErrorResponse> {
        let subprotocol = subprotocol(&offered(event))?;
        Ok(Self {
            thread: thread(event)?,
            shape: Shape {
                format: format(event)?,
                lines: lines(event, subprotocol)?,
            },
            subprotocol,
        })
    }
}

/// Subprotocols that the client offers. API Gateway passes the header's name in the case that the client wrote, in
/// either map of headers or in both.
fn offered(event: &ApiGatewayWebsocketProxyRequest) -> Vec<String> {
    let values = [&event.headers, &event.multi_value_headers]
        .into_iter()
        .flat_map(|headers| headers.get_all(HEADER));
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

fn subprotocol(offered: &[String]) -> Result<bool, ErrorResponse> {
    let known = offered.iter().any(|name| name == SUBPROTOCOL);
    if known || offered.is_empty() {
        Ok(known)
    } else {
        Err(invalid(format!(
            "`Sec-WebSocket-Protocol` must offer {SUBPROTOCOL}, or nothing."
        )))
    }
}

fn thread(event: &ApiGatewayWebsocketProxyRequest) -> Result<ThreadId, ErrorResponse> {
    match event.query_string_parameters.first("thread") {
        Some(name) => ThreadId::parse(name).map_err(|error| invalid(format!("`thread` {error}."))),
        None => Ok(ThreadId::random()),
    }
}

fn format(event: &ApiGatewayWebsocketProxyRequest) -> Result<Format, ErrorResponse> {
    match event.query_string_parameters.first("format") {
        Some(name) => Format::parse(name).ok_or_else(unsupported_format),
        None => Ok(Format::default()),
    }
}

/// Number of events per frame. A client without a subprotocol parses a frame as one JSON text.
fn lines(
    event: &ApiGatewayWebsocketProxyRequest,
    subprotocol: bool,
) -> Result<Lines, ErrorResponse> {
    match event.query_string_parameters.first("lines") {
        Some("one") => Ok(Lines::One),
        Some(_) => Err(invalid("`lines` must be \"one\", or be left out.")),
        None if subprotocol => Ok(Lines::Many),
        None => Ok(Lines::One),
    }
}
