//! One attempt to connect.

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use longwire_core::ids::{ConnectionId, Owner};
use longwire_core::thread_key::ThreadKey;
use longwire_protocol::frame::SUBPROTOCOL;
use longwire_protocol::response::error::{Code, ErrorResponse};
use longwire_store::connections::{Connection, Connections};

use crate::offer::Offer;
use crate::response::Response;

/// Writes the connection's row and opens the connection. Coming again overwrites the row with itself.
/// Nothing is posted: the connection is not open before this has returned (API Gateway, "Manage connected
/// users and client apps").
pub(crate) async fn handle(
    connections: &Connections,
    event: &ApiGatewayWebsocketProxyRequest,
) -> Response {
    let offer = match Offer::read(event) {
        Ok(offer) => offer,
        Err(error) => return Response::bad_request(&error),
    };
    let Some(row) = row(event, &offer) else {
        return Response::internal(&ErrorResponse::new(
            Code::Internal,
            "The event has no connection.",
        ));
    };
    match connections.put(&row).await {
        Ok(()) => Response::open(offer.subprotocol),
        Err(fault) => {
            tracing::error!("a connection was not written: {fault}");
            let later = ErrorResponse::new(Code::Unavailable, "Connecting failed. Try again.");
            Response::unavailable(&later)
        }
    }
}

fn row(event: &ApiGatewayWebsocketProxyRequest, offer: &Offer) -> Option<Connection> {
    let context = &event.request_context;
    let key = ThreadKey {
        owner: Owner::anonymous(),
        thread_id: offer.thread.clone(),
    };
    let id = ConnectionId::trusted(context.connection_id.as_deref()?);
    let seconds = u64::try_from(context.connected_at / 1000).ok()?;
    Some(Connection {
        subprotocol: offer.subprotocol.then(|| SUBPROTOCOL.to_owned()),
        ..Connection::new(id, &key, offer.shape, seconds)
    })
}
