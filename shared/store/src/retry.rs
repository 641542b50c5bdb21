//! Retries of requests that are safe to repeat.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};

use crate::error::StoreError;

/// Sends a request up to four times, with jitter, while its error is retryable. The request must be safe to
/// repeat: conditional, or under a client request token. The SDK does not retry a TransactionConflict itself.
pub(crate) async fn with_jitter<T, F>(send: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let pauses = ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(50))
        .with_max_delay(Duration::from_secs(1))
        .with_max_times(3)
        .with_jitter();
    send.retry(pauses).when(StoreError::retryable).await
}
