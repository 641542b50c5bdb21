//! Tries of one model call: throttling has a budget of time, other failures one of tries.

use std::time::Duration;

use longwire_core::backoff::FullJitter;
use longwire_core::run::CancelReason;
use longwire_protocol::event::Event;
use tokio::time::{Instant, sleep_until};

use crate::ctx::Ctx;
use crate::model::ModelErrorKind;

/// Longest pause between two tries.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// Longest pause between two tries of a throttled call. Quotas of tokens refill within a minute.
const MAX_THROTTLED_PAUSE: Duration = Duration::from_secs(20);

/// Time after the first failure at which the client gets a status.
const STATUS_AFTER: Duration = Duration::from_secs(2);

const WAITING: &str = "Waiting for the model…";

/// Tries of one model call so far.
pub(super) struct Tries {
    failed: u32,
    pauses: FullJitter,
    throttled: FullJitter,
    throttled_since: Option<Instant>,
    failed_since: Option<Instant>,
    status_sent: bool,
}

impl Tries {
    /// Starts without a failure. The first pause is shorter than `backoff`.
    pub(super) fn new(backoff: Duration) -> Self {
        Self {
            failed: 0,
            pauses: FullJitter::new(backoff, MAX_PAUSE),
            throttled: FullJitter::new(backoff, MAX_THROTTLED_PAUSE),
            throttled_since: None,
            failed_since: None,
            status_sent: false,
        }
    }

    /// Pause until the next try after this failure; `None` when there is none.
    pub(super) fn next_pause(&mut self, ctx: &Ctx<'_>, kind: ModelErrorKind) -> Option<Duration> {
        let now = Instant::now();
        self.failed_since.get_or_insert(now);
        if kind == ModelErrorKind::Throttled {
            let since = *self.throttled_since.get_or_insert(now);
            let left = ctx.limits.throttled_for.saturating_sub(now - since);
            return (!left.is_zero()).then(|| self.throttled.next_pause().min(left));
        }
        self.failed += 1;
        let again = kind.retryable() && self.failed < ctx.limits.model_tries;
        again.then(|| self.pauses.next_pause())
    }

    /// Waits, and sends the client one status. Returns the reason of a cancellation meanwhile.
    pub(super) async fn wait(&mut self, ctx: &Ctx<'_>, pause: Duration) -> Option<CancelReason> {
        let end = Instant::now() + pause;
        let waiting = async {
            let status_at = self.failed_since.unwrap_or(end) + STATUS_AFTER;
            if !self.status_sent && status_at <= end {
                sleep_until(status_at).await;
                ctx.emit(Event::model_status(WAITING)).await;
                self.status_sent = true;
            }
            sleep_until(end).await;
        };
        tokio::select! {
            () = waiting => None,
            reason = ctx.cancellation() => Some(reason),
        }
    }
}
