//! Watches the row of the connection during a replay, and keeps the lease.

use std::time::Duration;

use longwire_core::run::Cursor;
use longwire_store::connections::replays::ReplayRow;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::lease::renewal_due;
use crate::session::Session;

/// Interval of the reads.
const POLL_EVERY: Duration = Duration::from_millis(500);

/// Reason to end a replay before all events are posted.
pub(crate) enum Interruption {
    /// The row says something else than before; `None` when there is no row any more.
    Changed(Option<ReplayRow>),
    /// The lease expired and could not be renewed.
    LeaseExpired,
}

impl Session<'_> {
    /// Reads the row every 500 ms, and renews the lease every 10 s, until the row no longer asks for the replay `name`
    /// from `cursor` on. A failed request is skipped: the lease says how long that may last.
    pub(crate) async fn interruption(
        &self,
        lease: &watch::Sender<Instant>,
        name: &str,
        cursor: Cursor,
    ) -> Interruption {
        let mut ticks = interval(POLL_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let read = if renewal_due(lease) {
                self.renew(lease).await
            } else {
                self.deps.connections.replay_row(self.connection).await
            };
            match read {
                Ok(row) if self.goes_on(row.as_ref(), name, cursor) => {}
                Ok(row) => return Interruption::Changed(row),
                Err(error) => {
                    tracing::warn!(
                        event = "connection_poll_failed",
                        %error,
                        "the row of the connection was not read"
                    );
                }
            }
            if *lease.borrow() <= Instant::now() {
                return Interruption::LeaseExpired;
            }
        }
    }

    fn goes_on(&self, row: Option<&ReplayRow>, name: &str, cursor: Cursor) -> bool {
        row.is_some_and(|row| {
            row.held_by(self.invocation)
                && row.closing_reason(self.now()).is_none()
                && row.cursor(name) == Some(cursor)
        })
    }
}
