//! The session's lease on the work for its connection, and the visibility of its message.

use std::time::Duration;

use longwire_queue::received::ReceivedMessage;
use longwire_store::connections::replays::ReplayRow;
use longwire_store::error::StoreError;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::session::Session;

/// Duration of the lease, in whole seconds. When the process dies, the next resume of the connection waits for it.
pub(crate) const LEASE: Duration = Duration::from_secs(30);

/// Age of a lease at which it is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(10);

/// Visibility timeout of the message after each renewal. It is longer than the lease: a message that finds a valid
/// lease is done, so the message of a dead process must not return before the lease has expired.
const VISIBILITY: Duration = Duration::from_secs(60);

impl Session<'_> {
    /// Extends the lease and the visibility timeout of the message. Returns the row of the connection; a row that does
    /// not name this session leaves the lease as it was.
    pub(crate) async fn renew(
        &self,
        lease: &watch::Sender<Instant>,
    ) -> Result<Option<ReplayRow>, StoreError> {
        let expires = Instant::now() + LEASE;
        let renewed = self.deps.connections.renew_replays(
            self.connection,
            self.invocation,
            self.lease_until(),
        );
        let (row, ()) = tokio::join!(renewed, self.extend_visibility());
        let row = row?;
        if row.as_ref().is_some_and(|row| row.held_by(self.invocation)) {
            lease.send_replace(expires);
        }
        Ok(row)
    }

    /// Expiry of a lease that begins now, in seconds since 1970.
    pub(crate) fn lease_until(&self) -> u64 {
        self.now() + LEASE.as_secs()
    }

    /// Keeps the message from other invocations for longer than the lease.
    pub(crate) async fn extend_visibility(&self) {
        make_visible(self.message, VISIBILITY).await;
    }
}

/// Makes a message visible after `delay`. A failure is logged only: the queue's own visibility timeout is longer than
/// any lease.
pub(crate) async fn make_visible(message: &ReceivedMessage, delay: Duration) {
    if let Err(error) = message.change_visibility(delay).await {
        tracing::warn!(
            event = "visibility_change_failed",
            %error,
            "the visibility of the message was not changed"
        );
    }
}

/// Tells whether a lease, by its expiry, is old enough to be renewed.
pub(crate) fn renewal_due(lease: &watch::Sender<Instant>) -> bool {
    let left = lease.borrow().saturating_duration_since(Instant::now());
    left <= LEASE.saturating_sub(RENEW_EVERY)
}
