//! Events as Lambda delivers them, made from fixtures.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use serde_json::{Value, from_str, json};

const HANDSHAKE: &str = include_str!("../../lambdas/authorizer/fixtures/connect.json");
const CONNECT: &str = include_str!("../../lambdas/connect/fixtures/connect.json");
const MESSAGE: &str = include_str!("../../lambdas/ingest/fixtures/default.json");
const QUEUE: &str = include_str!("../fixtures/sqs.json");

/// Header with which a client takes several events in a frame.
const SUBPROTOCOL: (&str, &str) = ("Sec-WebSocket-Protocol", "longwire.v1");

/// User of all connections where users are not told apart.
pub(crate) const NOBODY: &str = "@none";

/// Credential of a handshake.
#[derive(Debug, Clone)]
pub(crate) enum Credential {
    /// Token, in the header `Authorization`.
    Token(String),
    /// One-time ticket, in the query.
    Ticket(String),
}

/// Event of the authorizer, for a handshake with a credential.
pub(crate) fn handshake(connection: &str, credential: &Credential) -> Result<Value> {
    let mut event = websocket(HANDSHAKE, connection)?;
    match credential {
        Credential::Token(token) => {
            let value = format!("Bearer {token}");
            event["headers"]["Authorization"] = value.as_str().into();
            event["multiValueHeaders"]["Authorization"] = json!([value]);
        }
        Credential::Ticket(ticket) => {
            event["queryStringParameters"] = json!({ "ticket": ticket });
            event["multiValueQueryStringParameters"] = json!({ "ticket": [ticket] });
        }
    }
    Ok(event)
}

/// Event of the route `$connect`, for a connection of a user with a thread. `lines` is a parameter of its handshake.
pub(crate) fn connect(
    connection: &str,
    user: &str,
    thread: &str,
    lines: Option<&str>,
) -> Result<Value> {
    let mut event = authorized(CONNECT, connection, user)?;
    event["headers"][SUBPROTOCOL.0] = SUBPROTOCOL.1.into();
    event["multiValueHeaders"][SUBPROTOCOL.0] = json!([SUBPROTOCOL.1]);
    let mut query = json!({ "thread": thread });
    if let Some(lines) = lines {
        query["lines"] = lines.into();
    }
    event["queryStringParameters"] = query;
    Ok(event)
}

/// Event of the route `$default`.
pub(crate) fn message(connection: &str, user: &str, domain: &str, body: &Value) -> Result<Value> {
    let mut event = authorized(MESSAGE, connection, user)?;
    event["requestContext"]["domainName"] = domain.into();
    event["body"] = body.to_string().into();
    Ok(event)
}

/// Event of a queue, with one message.
pub(crate) fn queue(body: &str) -> Result<Value> {
    let mut event: Value = from_str(QUEUE)?;
    event["Records"][0]["body"] = body.into();
    Ok(event)
}

/// Event of a connection whose user the authorizer has identified.
fn authorized(fixture: &str, connection: &str, user: &str) -> Result<Value> {
    let mut event = websocket(fixture, connection)?;
    let context = &mut event["requestContext"]["authorizer"];
    context["user"] = user.into();
    context["principalId"] = user.into();
    Ok(event)
}

fn websocket(fixture: &str, connection: &str) -> Result<Value> {
    let mut event: Value = from_str(fixture)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    let now = u64::try_from(now)?;
    let context = &mut event["requestContext"];
    context["connectionId"] = connection.into();
    context["connectedAt"] = now.into();
    context["requestTimeEpoch"] = now.into();
    Ok(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handshake_has_one_credential() {
        let token = Credential::Token("a.b.c".to_owned());
        let event = handshake("c_1", &token).expect("an event");
        assert_eq!(event["headers"]["Authorization"], "Bearer a.b.c");
        assert_eq!(event["queryStringParameters"], json!({}));
        let ticket = Credential::Ticket("t".to_owned());
        let event = handshake("c_1", &ticket).expect("an event");
        assert_eq!(event["headers"]["Authorization"], Value::Null);
        assert_eq!(event["queryStringParameters"], json!({ "ticket": "t" }));
        assert_eq!(event["requestContext"]["connectionId"], "c_1");
    }
}
