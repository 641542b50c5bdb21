//! Repetition of one operation until it succeeds.

use std::time::Duration;

use longwire_core::backoff::FullJitter;
use tokio::time::Instant;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Attempts at one operation, with a pause after each failure. The default has made none.
#[derive(Debug, Default)]
pub(crate) struct Retry {
    /// Start of the first attempt since the last success.
    since: Option<Instant>,
    failed: Option<Failed>,
}

#[derive(Debug)]
struct Failed {
    retry_at: Instant,
    pauses: FullJitter,
}

impl Retry {
    /// Records the start of an attempt.
    pub(crate) fn started(&mut self, now: Instant) {
        self.since.get_or_insert(now);
    }

    /// Records the failure of an attempt and draws the pause before the next one.
    pub(crate) fn failed(&mut self, now: Instant) {
        let mut pauses = self.pauses();
        let retry_at = now + pauses.next_pause();
        self.failed = Some(Failed { retry_at, pauses });
    }

    /// Records the failure of an attempt, with this pause before the next one.
    pub(crate) fn failed_for(&mut self, now: Instant, pause: Duration) {
        let pauses = self.pauses();
        let retry_at = now + pause;
        self.failed = Some(Failed { retry_at, pauses });
    }

    fn pauses(&mut self) -> FullJitter {
        match self.failed.take() {
            Some(failed) => failed.pauses,
            None => FullJitter::new(FIRST_PAUSE, LONGEST_PAUSE),
        }
    }

    /// Records that the operation was given up. The next one begins after a pause, as if it were a further attempt.
    pub(crate) fn gave_up(&mut self, now: Instant) {
        self.failed(now);
        self.since = None;
    }

    /// Records a success: the next attempt belongs to a new operation.
    pub(crate) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// Start of the first attempt, until one succeeds.
    pub(crate) fn since(&self) -> Option<Instant> {
        self.since
    }

    /// End of the pause after the last failure.
    pub(crate) fn retry_at(&self) -> Option<Instant> {
        self.failed.as_ref().map(|failed| failed.retry_at)
    }
}
