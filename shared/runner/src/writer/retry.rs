//! Writes that are repeated while the lease is valid.

use std::time::Duration;

use backon::{ConstantBuilder, Retryable};
use longwire_store::error::StoreError;
use longwire_store::threads::lease::Written;
use tokio::time::Instant;

use crate::error::AttemptError;
use crate::writer::Writer;

impl Writer<'_> {
    /// Repeats a request that fails until it succeeds or the lease is about to expire.
    pub async fn retry_while_leased<T>(
        &self,
        request: impl AsyncFn() -> Result<T, StoreError>,
    ) -> Result<T, AttemptError> {
        let pauses = ConstantBuilder::new()
            .with_delay(self.attempt.runner.settings.store_pause)
            .without_max_times();
        (|| request())
            .retry(pauses)
            .when(|error| repeatable(error) && self.leased())
            .notify(|error, _| log_failure(error))
            .await
            .map_err(|error| {
                log_failure(&error);
                match error {
                    error if error.permanent() => AttemptError::Refused(error),
                    StoreError::MessageExists => AttemptError::StaleHistory,
                    error => AttemptError::LeaseExpired(error),
                }
            })
    }

    pub(super) async fn persist(
        &self,
        write: impl AsyncFn() -> Result<Written, StoreError>,
    ) -> Result<(), AttemptError> {
        match self.retry_while_leased(write).await? {
            Written::Done => Ok(()),
            Written::Lost => Err(AttemptError::NotOwner),
        }
    }

    /// Time until the confirmed lease expires.
    pub(crate) fn lease_left(&self) -> Duration {
        self.lease
            .borrow()
            .saturating_duration_since(Instant::now())
    }

    /// Tells whether another attempt of a write fits into the lease.
    pub(super) fn leased(&self) -> bool {
        Instant::now() + self.attempt.runner.settings.store_pause <= *self.lease.borrow()
    }
}

/// Tells whether a write may succeed when it is repeated under the same lease and with the same history.
fn repeatable(error: &StoreError) -> bool {
    !error.permanent() && !matches!(error, StoreError::MessageExists)
}

pub(super) fn log_failure(error: &StoreError) {
    tracing::warn!(event = "run_write_failed", %error, "the run cannot be written");
}
