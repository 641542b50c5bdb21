//! Closing connections through API Gateway's `@connections`.

use std::time::Duration;

use aws_sdk_apigatewaymanagement::Client;
use longwire_core::error_chain::error_chain;
use longwire_core::ids::ConnectionId;
use tokio::time::timeout;

/// Time limit of the request.
const LIMIT: Duration = Duration::from_secs(5);

/// Failure to close a connection. It may be closed all the same.
#[derive(Debug, thiserror::Error)]
#[error("the connection was not closed: {0}")]
pub struct CloseError(String);

/// Closes a connection, after which API Gateway invokes the route `$disconnect`. Succeeds for a connection that no
/// longer exists (API Gateway developer guide, "Use @connections commands in your backend service").
pub async fn close(client: &Client, connection: &ConnectionId) -> Result<(), CloseError> {
    let request = client
        .delete_connection()
        .connection_id(connection.as_str());
    let error = match timeout(LIMIT, request.send()).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(error)) => error,
        Err(elapsed) => return Err(CloseError(elapsed.to_string())),
    };
    let status = error
        .raw_response()
        .map(|response| response.status().as_u16());
    match status {
        Some(410) => Ok(()),
        _ => Err(CloseError(error_chain(&error))),
    }
}
