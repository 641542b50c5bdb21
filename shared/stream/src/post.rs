//! Posts of frames to connections.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use longwire_core::ids::ConnectionId;
use tokio::time::timeout;

/// Posts a frame to a connection once. The dispatcher retries.
pub type Post =
    Arc<dyn Fn(ConnectionId, String) -> BoxFuture<'static, Result<(), PostError>> + Send + Sync>;

/// Time from the handshake of a connection during which status 410 may mean that it is not open yet: API Gateway
/// answers so until `$connect` has returned, and the row of the connection is written before that (AWS knowledge
/// center, "410-gone-api-gateway").
pub const OPENING: Duration = Duration::from_secs(2);

/// Failure of a post, by what the dispatcher does about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// Status 410: the connection no longer exists, or is not open yet. While it may be opening and has taken nothing,
    /// the same frame is posted again later.
    #[error("the connection is gone")]
    Gone,
    /// Status 429 or 5xx, a broken transport, or a timeout: the same frame is posted again later. After a timeout
    /// the client may receive the frame twice, which an `agui` client recognises by `lw.seq`; clients of other
    /// formats cannot.
    #[error("the connection takes nothing for now")]
    Slow,
    /// Status 403, 413 or any other failure that a retry of the same frame cannot change. The frame is dropped; the
    /// connection may take the next one.
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
