//! Posts to connections through API Gateway's `@connections`.

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::Builder;
use aws_sdk_apigatewaymanagement::error::SdkError;
use aws_sdk_apigatewaymanagement::operation::post_to_connection::PostToConnectionError;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use longwire_core::error_chain::error_chain;
use longwire_core::ids::ConnectionId;
use longwire_stream::post::{Post, PostError};

use crate::unanswered::CloseUnanswered;

/// Builds a client for the stage at `endpoint`, whose posts the stream limits to `post_timeout`. The address of a stage is
/// `https://{api}.execute-api.{region}.amazonaws.com/{stage}`, or `https://{domain}` with a custom domain.
///
/// Retries of the SDK are disabled: the stream retries, with newer events and only while the run lease is valid. An
/// attempt ends before the stream drops the post, because only the SDK knows the connection to close.
pub fn client(shared: &SdkConfig, endpoint: &str, post_timeout: Duration) -> Client {
    let mut timeouts = shared
        .timeout_config()
        .map(TimeoutConfig::to_builder)
        .unwrap_or_default();
    timeouts.set_operation_attempt_timeout(Some(post_timeout * 4 / 5));
    let config = Builder::from(shared)
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts.build())
        .interceptor(CloseUnanswered);
    Client::from_conf(config.build())
}

/// Makes the function with which the stream posts frames.
pub fn post(client: Client) -> Post {
    Arc::new(move |connection: ConnectionId, frame: String| {
        let request = client
            .post_to_connection()
            .connection_id(connection.as_str())
            .data(Blob::new(frame.into_bytes()));
        Box::pin(async move {
            request
                .send()
                .await
                .map(|_| ())
                .map_err(|error| post_error(&error))
        })
    })
}

/// Converts an error of a post. A malformed connection id is a bad request, not a 410 (AWS knowledge
/// center, "410-gone-api-gateway").
fn post_error(error: &SdkError<PostToConnectionError, HttpResponse>) -> PostError {
    let status = error
        .raw_response()
        .map(|response| response.status().as_u16());
    match status {
        Some(410) => PostError::Gone,
        Some(429 | 500..=599) | None => PostError::Slow,
        Some(_) => PostError::Refused(error_chain(error)),
    }
}
