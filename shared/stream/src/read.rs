//! Reads of events that memory no longer has.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use longwire_core::event_batch::EventBatch;
use tokio::time::timeout;

/// Result of one read: a page of the durable log, or `None` when the log does not have the wanted event.
pub type ReadResult = Result<Option<EventBatch>, ReadError>;

/// Reads the page of the run's durable log that begins with event `after + 1`, 300 KB at most.
///
/// `None` or an empty page says that the log does not have that event: the subscriber is given up, unless the batch
/// with the event may still be on its way to the log. An error says nothing about the log. In both latter cases the
/// dispatcher reads again.
pub type ReadEvents = Arc<dyn Fn(u64) -> BoxFuture<'static, ReadResult> + Send + Sync>;

/// Failure of a read that may succeed later, described for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReadError(pub String);

/// Read in flight.
pub(crate) type ReadFuture = BoxFuture<'static, ReadResult>;

/// Starts one read, limited to `limit`.
pub(crate) fn start(read: &ReadEvents, after: u64, limit: Duration) -> ReadFuture {
    let result = read(after);
    Box::pin(async move {
        let timed_out = |_| Err(ReadError(format!("no result within {limit:?}")));
        timeout(limit, result).await.unwrap_or_else(timed_out)
    })
}
