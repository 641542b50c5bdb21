//! Trying a store's request again when that can help.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};

use super::fault::Fault;

/// Sends a request up to four times, with jitter, while the fault is a conflict or an outage. The request
/// must be safe to repeat: conditional, or under a token. The SDK does not repeat a TransactionConflict.
pub async fn with_jitter<T, F>(send: impl FnMut() -> F) -> Result<T, Fault>
where
    F: Future<Output = Result<T, Fault>>,
{
    let pauses = ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(50))
        .with_max_delay(Duration::from_secs(1))
        .with_max_times(3)
        .with_jitter();
    send.retry(pauses)
        .when(|fault| matches!(fault, Fault::Conflict | Fault::Unavailable(_)))
        .await
}
