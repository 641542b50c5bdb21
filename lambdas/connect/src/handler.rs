//! Handles one handshake.

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use longwire_core::ids::{ConnectionId, Owner};
use longwire_core::thread_key::ThreadKey;
use longwire_protocol::frame::SUBPROTOCOL;
use longwire_protocol::response::error::{Code, ErrorResponse};
use longwire_store::connections::{Connection, Connections};

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
    let Some(row) = row(event, &handshake) else {
        tracing::error!(
            event = "connection_id_missing",
            "the event names no connection"
        );
        let error = ErrorResponse::new(Code::Internal, "The event has no connection.");
        return Response::internal(&error);
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

/// Row of the connection; `None` when the event lacks its id or has no valid time.
fn row(event: &ApiGatewayWebsocketProxyRequest, handshake: &Handshake) -> Option<Connection> {
    let context = &event.request_context;
    let key = ThreadKey {
        owner: Owner::anonymous(),
        thread_id: handshake.thread.clone(),
    };
    let id = ConnectionId::trusted(context.connection_id.as_deref()?);
    let connected_at = u64::try_from(context.connected_at / 1000).ok()?;
    Some(Connection {
        subprotocol: handshake.subprotocol.then(|| SUBPROTOCOL.to_owned()),
        ..Connection::new(id, &key, handshake.shape, connected_at)
    })
}
