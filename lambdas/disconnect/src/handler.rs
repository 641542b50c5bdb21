//! Handles the end of one connection.

use anyhow::{Context, Result};
use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use longwire_core::ids::ConnectionId;
use longwire_store::connections::Connections;
use serde_json::{Value, json};

/// Deletes the row of the connection, if there is one.
///
/// API Gateway does not guarantee the event (API Gateway, "Manage connected users and client apps"), so nothing else
/// depends on it. A failure is an error of the function, so that an alarm counts it: API Gateway ignores the
/// response, and the row expires by itself.
pub(crate) async fn handle(
    connections: &Connections,
    event: &ApiGatewayWebsocketProxyRequest,
) -> Result<Value> {
    let id = event.request_context.connection_id.as_deref();
    let id = ConnectionId::trusted(id.context("the event names no connection")?);
    connections
        .delete(&id)
        .await
        .context("the row of a connection was not deleted")?;
    Ok(json!({"statusCode": 200}))
}
