//! The end of a connection.

use anyhow::{Context, Result};
use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use longwire_core::ids::ConnectionId;
use longwire_store::connections::Connections;
use serde_json::{Value, json};

/// Deletes the connection's row, if there is one. The event is best effort (API Gateway, "Manage connected
/// users and client apps"), so nothing else may hang on it. A failure is an error of the function, for the
/// alarms: nobody waits for the answer, and the row expires by itself.
pub(crate) async fn handle(
    connections: &Connections,
    event: &ApiGatewayWebsocketProxyRequest,
) -> Result<Value> {
    let id = event.request_context.connection_id.as_deref();
    let id = ConnectionId::trusted(id.context("the event has no connection")?);
    connections
        .delete(&id)
        .await
        .context("a connection was not deleted")?;
    Ok(json!({"statusCode": 200}))
}
