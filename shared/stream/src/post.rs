//! Posts of frames to connections.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use longwire_core::ids::ConnectionId;
use tokio::time::timeout;

/// Posts a frame to a connection once. The dispatcher retries.
pub type Post =
    Arc<dyn Fn(ConnectionId, String) -> BoxFuture<'static, Result<(), PostError>> + Send + Sync>;

/// Failure of a post, by what the dispatcher does about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// Status 410: the connection no longer exists.
    #[error("the connection is gone")]
    Gone,
    /// Status 429 or 5xx, a broken transport, or a timeout: the same frame is posted again later. After a timeout
    /// the client may receive the frame twice, which an `agui` client recognises by `lw.seq`; clients of other
    /// formats cannot.
    #[error("the connection takes nothing for now")]
    Slow,
    /// Status 403, 413 or any other failure that a retry cannot change.
    #[error("the post was refused: {0}")]
    Refused(String),
}

/// Post in flight.
pub(crate) type PostFuture = BoxFuture<'static, Result<(), PostError>>;

/// Starts one post, limited to `limit`.
pub(crate) fn start(
    post: &Post,
    connection: ConnectionId,
    frame: String,
    limit: Duration,
) -> PostFuture {
    let result = post(connection, frame);
    Box::pin(async move { timeout(limit, result).await.unwrap_or(Err(PostError::Slow)) })
}
