//! Handles one handshake.

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use longwire_core::identity::{AuthorizerContext, Identity};
use longwire_core::ids::ConnectionId;
use longwire_protocol::frame::SUBPROTOCOL;
use longwire_protocol::response::error::{Code, ErrorResponse};
use longwire_store::connections::{Connection, Connections};
use serde_json::Value;

use crate::handshake::Handshake;
use crate::response::Response;

/// Writes the row of the connection and accepts it. A repeated invocation writes the same row again.
///
/// Nothing is posted, because the connection is open only after this function has returned (API Gateway, "Manage
/// connected users and client apps").
pub(crate) async fn handle(
    connections: &Connections,
    event: &ApiGatewayWebsocketProxyRequest,
) -> Response {
    let handshake = match Handshake::read(event) {
        Ok(handshake) => handshake,
        Err(error) => return Response::bad_request(&error),
    };
    let row = match row(event, &handshake) {
        Ok(row) => row,
        Err(error) => {
            tracing::error!(event = "handshake_incomplete", %error, "the event of a handshake cannot be used");
            let error = ErrorResponse::new(Code::Internal, "The handshake cannot be handled.");
            return Response::internal(&error);
        }
    };
    match connections.put(&row).await {
        Ok(()) => Response::accepted(handshake.subprotocol),
        Err(error) => {
            tracing::error!(event = "connection_write_failed", %error, "the row of a connection was not written");
            let later = ErrorResponse::new(Code::Unavailable, "Connecting failed. Try again.");
            Response::unavailable(&later)
        }
    }
}

/// Part that the event of a handshake lacks.
#[derive(Debug, thiserror::Error)]
enum Lacking {
    #[error("it names no connection, or has no valid time")]
    Connection,
    /// The route has no authorizer, or one of another kind. Nobody is let in by default.
    #[error("it has no user: is the authorizer attached to the route?")]
    User,
}

fn row(
    event: &ApiGatewayWebsocketProxyRequest,
    handshake: &Handshake,
) -> Result<Connection, Lacking> {
    let context = &event.request_context;
    let id = context.connection_id.as_deref();
    let id = ConnectionId::trusted(id.ok_or(Lacking::Connection)?);
    let connected_at = u64::try_from(context.connected_at / 1000);
    let connected_at = connected_at.map_err(|_| Lacking::Connection)?;
    let identity = identity(event).ok_or(Lacking::User)?;
    let (thread, shape) = (handshake.thread.clone(), handshake.shape);
    Ok(Connection {
        subprotocol: handshake.subprotocol.then(|| SUBPROTOCOL.to_owned()),
        ..Connection::new(id, identity, thread, shape, connected_at)
    })
}

fn identity(event: &ApiGatewayWebsocketProxyRequest) -> Option<Identity> {
    let fields = event.request_context.authorizer.fields.clone();
    let context = Value::Object(fields.into_iter().collect());
    let context: AuthorizerContext = serde_json::from_value(context).ok()?;
    context.identity()
}
