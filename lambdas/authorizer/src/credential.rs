//! Credential of a handshake, in its headers or its query.

use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerRequestTypeRequest;
use secrecy::SecretString;

const AUTHORIZATION: &str = "authorization";
const PROTOCOLS: &str = "sec-websocket-protocol";

/// Prefix of the subprotocol that carries a token: a browser can set no other header (WHATWG WebSockets, `new WebSocket`).
const TOKEN_PROTOCOL: &str = "longwire.bearer.";

/// Parameter of the query that carries a ticket.
const TICKET: &str = "ticket";

/// Credential of a handshake.
#[derive(Debug)]
pub(crate) enum Credential {
    /// Token, from the header `Authorization` or a subprotocol.
    Token(SecretString),
    /// One-time ticket, from the query.
    Ticket(SecretString),
}

impl Credential {
    /// Finds the credential: in the header `Authorization`, then among the subprotocols, then in the query. A header of
    /// another scheme, such as `Basic`, is no credential, and neither is an empty one.
    pub(crate) fn find(event: &ApiGatewayCustomAuthorizerRequestTypeRequest) -> Option<Self> {
        let token = authorization(event).or_else(|| subprotocol(event));
        let token = token.map(|token| Self::Token(token.into()));
        token.or_else(|| ticket(event).map(|ticket| Self::Ticket(ticket.into())))
    }
}

/// Values of a header, whose name API Gateway passes in the case that the client wrote, in either map or in both.
fn values<'e>(
    event: &'e ApiGatewayCustomAuthorizerRequestTypeRequest,
    name: &str,
) -> impl Iterator<Item = &'e str> {
    let maps = [&event.headers, &event.multi_value_headers];
    let values = maps.into_iter().flat_map(move |map| map.get_all(name));
    values.filter_map(|value| value.to_str().ok())
}

fn authorization(event: &ApiGatewayCustomAuthorizerRequestTypeRequest) -> Option<&str> {
    let mut tokens = values(event, AUTHORIZATION).filter_map(|value| {
        let (scheme, token) = value.trim().split_once(' ')?;
        // The scheme is case-insensitive (RFC 9110, section 11.1).
        let bearer = scheme.eq_ignore_ascii_case("bearer");
        bearer.then(|| token.trim())
    });
    tokens.find(|token| !token.is_empty())
}

fn subprotocol(event: &ApiGatewayCustomAuthorizerRequestTypeRequest) -> Option<&str> {
    let protocols = values(event, PROTOCOLS).flat_map(|list| list.split(','));
    let mut tokens = protocols.filter_map(|name| name.trim().strip_prefix(TOKEN_PROTOCOL));
    tokens.find(|token| !token.is_empty())
}

fn ticket(event: &ApiGatewayCustomAuthorizerRequestTypeRequest) -> Option<&str> {
    let ticket = event.query_string_parameters.first(TICKET);
    ticket.filter(|ticket| !ticket.is_empty())
}
