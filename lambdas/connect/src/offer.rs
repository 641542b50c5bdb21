//! What a client offers and asks for when it connects.

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use longwire_core::ids::ThreadId;
use longwire_core::shape::{Format, Lines, Shape};
use longwire_protocol::frame::SUBPROTOCOL;
use longwire_protocol::response::error::{ErrorResponse, invalid, unsupported_format};

const HEADER: &str = "sec-websocket-protocol";

/// What a connection is going to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    /// Where its messages go that name no thread.
    pub thread: ThreadId,
    /// How it wants its frames.
    pub shape: Shape,
    /// It offered our subprotocol, which must be answered then.
    pub subprotocol: bool,
}

impl Offer {
    /// Reads headers and query, or says what is wrong with them.
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

/// The offered subprotocols. Clients write the header's name in any case, and API Gateway hands on what
/// they wrote, in one map, in the other, or in both.
fn offered(event: &ApiGatewayWebsocketProxyRequest) -> Vec<String> {
    let lists = [&event.headers, &event.multi_value_headers]
        .into_iter()
        .flat_map(|headers| headers.get_all(HEADER));
    lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','))
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

/// Clients that offered nothing parse a frame as one JSON text.
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
