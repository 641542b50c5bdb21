//! Request that opens the connection of the client. It is permitted, refused for its content and free of charge. A
//! failure is ignored.

use aws_sdk_apigatewaymanagement::primitives::Blob;

/// Posts to a connection that does not exist.
pub async fn connections(client: &aws_sdk_apigatewaymanagement::Client) {
    let request = client.post_to_connection().connection_id("-");
    let _ = request.data(Blob::new("-")).send().await;
}
