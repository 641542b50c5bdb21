//! Hands a run over to the next worker, when the time of this one is up.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use longwire_core::ids::ConnectionId;
use longwire_core::run::Cursor;
use longwire_store::error::StoreError;
use longwire_store::threads::hand_over::{Cut, HandOver};
use longwire_store::threads::lease::Written;
use longwire_stream::sink::EventSink;

use crate::account::Spent;
use crate::attempt::Attempt;
use crate::error::AttemptError;
use crate::supervisor::Supervisor;
use crate::writer::Writer;

/// Time within which the next worker must accept the run, in seconds.
const WAKE_AFTER: u64 = 60;

/// Most attempts at the write while subscribers change in the row.
const MAX_ROUNDS: usize = 10;

/// Cursors of subscribers.
type Cursors = BTreeMap<ConnectionId, Cursor>;

impl Attempt<'_> {
    /// Hands the run over, of which everything valid is stored, and sends its job for the next worker. With `cut`, the
    /// step under way is void and repeated. When this worker crashes in between, its own message is delivered again.
    pub(crate) async fn hand_over(
        &self,
        events: &EventSink,
        writer: &Writer<'_>,
        supervisor: &Supervisor<'_>,
        cut: Option<Cut>,
    ) -> Result<(), AttemptError> {
        let served = self.stop_posts(events, writer, cut).await?;
        let release = self.release(writer, &served, supervisor.known(), cut);
        tokio::join!(release, self.close_account(Spent::Request)).0
    }

    /// Ends the posts of this worker, because the next worker may post as soon as the row is released. At the end of
    /// a step every subscriber gets its events first. Returns the cursors of the subscribers.
    async fn stop_posts(
        &self,
        events: &EventSink,
        writer: &Writer<'_>,
        cut: Option<Cut>,
    ) -> Result<Cursors, AttemptError> {
        if cut.is_none() {
            let settings = &self.runner.settings;
            let timeout = drain_limit(
                self.runner.drain_timeout(),
                writer.lease_left(),
                settings.lease,
            );
            events
                .drained(self.deadlines.within_invocation(timeout))
                .await;
        }
        let mut served = events.cursors().await?;
        events.stop().await;
        if let Some(cut) = cut {
            for cursor in served.values_mut() {
                cursor.after = cursor.after.min(cut.keep);
            }
        }
        Ok(served)
    }

    /// Releases the run for the next worker and sends its job. `served` are the cursors of the subscribers of this
    /// worker, `known` every connection that it ever attached.
    pub async fn release(
        &self,
        writer: &Writer<'_>,
        served: &Cursors,
        known: &BTreeMap<ConnectionId, u64>,
        cut: Option<Cut>,
    ) -> Result<(), AttemptError> {
        let lease = &self.lease;
        for _ in 0..MAX_ROUNDS {
            let row = writer
                .retry_while_leased(async || lease.threads.run_row(&lease.key, &lease.run_id).await)
                .await?;
            let before = row.map(|row| row.subscribers).unwrap_or_default();
            let hand_over = HandOver {
                before: &before,
                after: &merged(&before, served, known),
                wake_by: self.runner.now() + WAKE_AFTER,
            };
            let released = async || match lease.hand_over(hand_over, cut).await {
                Err(StoreError::ConditionFailed) => Ok(None),
                written => written.map(Some),
            };
            match writer.retry_while_leased(released).await? {
                Some(Written::Done) => {
                    let sent = self.runner.queue.send(self.delivery.job).await;
                    return Ok(sent.context("sending the job for the next worker")?);
                }
                Some(Written::Lost) => return Err(AttemptError::NotOwner),
                // A subscriber was added to the row in between.
                None => {}
            }
        }
        Err(AttemptError::NotHandedOver)
    }
}

/// Time for which slow subscribers are waited for. Nobody renews the lease meanwhile, and the write that releases the
/// run needs it: an eighth of the lease is kept for that.
fn drain_limit(drain_timeout: Duration, lease_left: Duration, lease: Duration) -> Duration {
    drain_timeout.min(lease_left.saturating_sub(lease / 8))
}

/// Cursors for the next worker. A subscriber of this worker continues where it stands; a connection whose `resume`
/// this worker did not see continues where it asked to; any other connection in the row has left.
fn merged(row: &Cursors, served: &Cursors, known: &BTreeMap<ConnectionId, u64>) -> Cursors {
    let unseen =
        |(id, cursor): &(&ConnectionId, &Cursor)| known.get(*id) != Some(&cursor.requested_at);
    let unseen = row.iter().filter(unseen);
    let mut cursors = served.clone();
    cursors.extend(unseen.map(|(id, cursor)| (id.clone(), *cursor)));
    cursors
}

#[cfg(test)]
mod tests {
    use longwire_core::shape::Shape;

    use super::*;

    #[test]
    fn a_drain_leaves_time_of_the_lease_for_the_release() {
        let seconds = Duration::from_secs;
        let limit = |left| drain_limit(seconds(35), seconds(left), seconds(48));
        assert_eq!(
            limit(48),
            seconds(35),
            "subscribers may be slow for so long"
        );
        assert_eq!(limit(32), seconds(26));
        assert_eq!(limit(3), Duration::ZERO);
    }

    fn id(name: &str) -> ConnectionId {
        ConnectionId::trusted(name)
    }

    fn at(after: u64, requested_at: u64) -> Cursor {
        Cursor {
            requested_at,
            ..Cursor::new(after, Shape::default())
        }
    }

    fn cursors<const N: usize>(cursors: [(&str, Cursor); N]) -> Cursors {
        cursors.map(|(name, cursor)| (id(name), cursor)).into()
    }

    #[test]
    fn each_subscriber_continues_where_the_next_worker_must_go_on() {
        let row = cursors([
            ("served", at(0, 0)),
            ("resumed again", at(3, 900)),
            ("new", at(1, 950)),
            ("gone", at(2, 500)),
        ]);
        let served = cursors([
            ("served", at(9, 0)),
            ("resumed again", at(9, 0)),
            ("hint", at(9, 0)),
        ]);
        let known = [("served", 0), ("resumed again", 800), ("gone", 500)];
        let known = known.map(|(name, requested_at)| (id(name), requested_at));
        let expected = cursors([
            ("served", at(9, 0)),
            ("resumed again", at(3, 900)),
            ("new", at(1, 950)),
            ("hint", at(9, 0)),
        ]);
        assert_eq!(merged(&row, &served, &known.into()), expected);
    }
}
