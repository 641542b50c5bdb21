//! Request that opens the connection of the client. It is permitted, refused for its content and free of charge. A
//! failure is ignored.

use aws_sdk_apigatewaymanagement::primitives::Blob;

/// Id that no connection has.
const ABSENT: &str = "-";

/// Posts to a connection that does not exist.
pub async fn connections(client: &aws_sdk_apigatewaymanagement::Client) {
    let request = client.post_to_connection().connection_id(ABSENT);
    let _ = request.data(Blob::new("-")).send().await;
}
