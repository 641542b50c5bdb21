//! Posts frames to connections, over `@connections`.

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::Builder;
use aws_sdk_apigatewaymanagement::error::SdkError;
use aws_sdk_apigatewaymanagement::operation::post_to_connection::PostToConnectionError;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use longwire_core::ids::ConnectionId;
use longwire_core::text::error_chain;
use longwire_stream::post::{Post, PostError};

/// A client for the stage at `endpoint`, `https://{api}.execute-api.{region}.amazonaws.com/{stage}`.
/// It never tries again by itself: the sender does, with newer text, and only under the run's lease.
pub fn client(shared: &SdkConfig, endpoint: &str) -> Client {
    let config = Builder::from(shared)
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::disabled());
    Client::from_conf(config.build())
}

/// The sender's way to a connection.
pub fn post(client: Client) -> Post {
    std::sync::Arc::new(move |connection: ConnectionId, frame: String| {
        let request = client
            .post_to_connection()
            .connection_id(connection.as_str())
            .data(Blob::new(frame.into_bytes()));
        Box::pin(async move {
            request
                .send()
                .await
                .map(|_| ())
                .map_err(|error| verdict(&error))
        })
    })
}

/// What a failed post means. A malformed id is a bad request, not a 410 (API Gateway, "410 Gone").
fn verdict(error: &SdkError<PostToConnectionError, HttpResponse>) -> PostError {
    let status = error
        .raw_response()
        .map(|response| response.status().as_u16());
    match status {
        Some(410) => PostError::Gone,
        Some(429 | 500..=599) | None => PostError::Slow,
        Some(_) => PostError::Refused(error_chain(error)),
    }
}
