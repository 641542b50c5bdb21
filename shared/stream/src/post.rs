//! The one thing the sender does to the world.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::time::timeout;

use longwire_core::ids::ConnectionId;

/// Posts a frame to a connection, once: retries are the sender's.
pub type Post =
    Arc<dyn Fn(ConnectionId, String) -> BoxFuture<'static, Result<(), PostError>> + Send + Sync>;

/// Why a post failed, by what there is to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// 410: the connection is no more.
    #[error("the connection is gone")]
    Gone,
    /// 429, 5xx, a broken line, a time-out: the same text again, later. After a time-out the client may
    /// get it twice, which `lw.seq` tells; the other shapes cannot.
    #[error("the connection takes nothing for now")]
    Slow,
    /// 403, 413 and whatever else will never work.
    #[error("the post was refused: {0}")]
    Refused(String),
}

/// One attempt within `limit`.
pub(super) fn attempt(
    post: &Post,
    connection: ConnectionId,
    frame: String,
    limit: Duration,
) -> BoxFuture<'static, Result<(), PostError>> {
    let answer = post(connection, frame);
    Box::pin(async move { timeout(limit, answer).await.unwrap_or(Err(PostError::Slow)) })
}
