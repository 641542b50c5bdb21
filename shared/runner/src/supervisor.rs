//! Supervises a run: subscribers, cancellation, deadlines, lease.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::StreamExt;
use longwire_core::ids::ConnectionId;
use longwire_core::run::{CancelReason, Cursor};
use longwire_stream::notice::{Notice, Notices};
use longwire_stream::post::OPENING;
use longwire_stream::sink::{EventSink, Stopped};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::attempt::Attempt;
use crate::control_poll::Observation;
use crate::deadlines::Expiry;
use crate::error::AttemptError;
use crate::supervision::Supervision;

/// Signals between the supervisor, the agent loop and the writer.
pub(crate) struct Signals {
    /// Cancels the run, for this reason; set once.
    pub cancel: watch::Sender<Option<CancelReason>>,
    /// Cuts off the step under way; set once.
    pub cut: watch::Sender<bool>,
    /// Time since which the run has no subscriber, for the writer to store.
    pub gone_since: watch::Sender<Option<u64>>,
    /// Number of texts that the run has accepted.
    pub texts: watch::Sender<u32>,
    /// Step under way.
    pub step: watch::Receiver<u32>,
}

/// Supervises a run while an attempt executes.
pub(crate) struct Supervisor<'a> {
    attempt: &'a Attempt<'a>,
    events: &'a EventSink,
    notices: Notices,
    signals: Signals,
    state: Supervision,
    /// Present subscribers, for the control poll.
    polled: watch::Sender<BTreeSet<ConnectionId>>,
    /// Connections of which the stream knows when they were made.
    timed: BTreeSet<ConnectionId>,
}

impl<'a> Supervisor<'a> {
    /// Attaches the subscribers of the attempt to its stream, and supervises them.
    pub(crate) async fn start(
        attempt: &'a Attempt<'a>,
        events: &'a EventSink,
        notices: Notices,
        signals: Signals,
    ) -> Result<Self, Stopped> {
        let subscribers = attempt.subscribers();
        for (id, cursor) in &subscribers {
            events.attach(id.clone(), *cursor).await?;
        }
        let state = Supervision::new(&attempt.row, &subscribers, attempt.runner.now());
        let supervisor = Self {
            attempt,
            events,
            notices,
            signals,
            state,
            polled: watch::Sender::default(),
            timed: BTreeSet::new(),
        };
        supervisor.signal();
        Ok(supervisor)
    }

    /// Reads the row and the subscribers once, before the model is called. A failed read is logged only, because the
    /// control poll follows.
    pub(crate) async fn check(&mut self) -> Result<(), AttemptError> {
        match self.attempt.observe_once(self.state.present()).await {
            Some(observation) => self.observe(observation).await,
            None => Ok(()),
        }
    }

    /// Supervises until the run is not this attempt's any more. The caller drops this when the agent loop has ended.
    pub(crate) async fn run(&mut self) -> AttemptError {
        let attempt = self.attempt;
        let mut observations = Box::pin(attempt.control_poll(self.polled.subscribe()));
        loop {
            let deadline = attempt.deadlines.first();
            let grace = self.state.grace_deadline();
            tokio::select! {
                Some(notice) = self.notices.recv() => self.lost_subscriber(&notice),
                Some(observation) = observations.next() => {
                    if let Err(error) = self.observe(observation).await {
                        return error;
                    }
                }
                () = sleep_until(deadline), if !self.stopping() => self.expire(),
                () = sleep_until(grace.unwrap_or(deadline)), if grace.is_some() && !self.stopping() => {
                    self.cancel(CancelReason::ClientGone);
                }
            }
        }
    }

    /// Every connection that ever subscribed, with the `requested_at` of its cursor.
    pub(crate) fn known(&self) -> &BTreeMap<ConnectionId, u64> {
        self.state.known()
    }

    /// Tells the agent loop how many texts the run has accepted.
    pub(crate) fn accepted_texts(&self, accepted: u32) {
        self.signals.texts.send_if_modified(|known| {
            let more = *known < accepted;
            *known = accepted.max(*known);
            more
        });
    }

    /// Attaches subscribers that were added to the row after the last control read, by then to an ended run.
    pub(crate) async fn attach_latecomers(&mut self) -> Result<(), AttemptError> {
        match self.attempt.read_control(&[]).await {
            Ok(read) => {
                let subscribers = read.row.map(|row| row.subscribers).unwrap_or_default();
                attach_new(&mut self.state, self.events, &subscribers).await?;
            }
            Err(error) => tracing::warn!(
                event = "subscribers_read_failed",
                %error,
                "subscribers that came late were not read"
            ),
        }
        Ok(())
    }

    fn lost_subscriber(&mut self, notice: &Notice) {
        let (Notice::Gone(id) | Notice::Stuck(id)) = notice;
        self.state.left(id, self.attempt.runner.now());
        self.signal();
    }

    /// Acts on a control read. New subscribers are attached before missing ones leave: a client that reconnected is
    /// the same client.
    async fn observe(&mut self, observation: Observation) -> Result<(), AttemptError> {
        let Observation { polled, read } = observation;
        let row = read.row.filter(|row| self.attempt.lease.holds(row));
        let row = row.ok_or(AttemptError::NotOwner)?;
        if let Some(reason) = row.cancel_requested {
            self.cancel(reason);
        }
        if read.deleted {
            self.cancel(CancelReason::User);
        }
        self.accepted_texts(row.steers);
        attach_new(&mut self.state, self.events, &row.subscribers).await?;
        self.tell_opening(&read.present).await?;
        for id in polled.iter().filter(|id| !read.present.contains_key(*id)) {
            self.events.detach(id.clone()).await?;
            self.state.left(id, self.attempt.runner.now());
        }
        self.state.confirm_present();
        self.signal();
        Ok(())
    }

    /// Tells the stream until when connections may still be opening, once for each.
    async fn tell_opening(&mut self, present: &BTreeMap<ConnectionId, u64>) -> Result<(), Stopped> {
        let (clock, now) = (self.attempt.runner.now(), Instant::now());
        let new = present.iter().filter(|(id, _)| !self.timed.contains(*id));
        let times: BTreeMap<_, _> = new
            .map(|(id, &connected_at)| (id.clone(), now + opening_left(connected_at, clock)))
            .collect();
        if times.is_empty() {
            return Ok(());
        }
        let told: Vec<_> = times.keys().cloned().collect();
        self.events.set_opening_until(times).await?;
        self.timed.extend(told);
        Ok(())
    }

    /// Tells the control poll, the writer and the agent loop what follows from the present subscribers.
    fn signal(&self) {
        self.polled.send_replace(self.state.present().clone());
        let gone_since = self.state.gone_since();
        self.signals.gone_since.send_if_modified(|stored| {
            let changed = *stored != gone_since;
            *stored = gone_since;
            changed
        });
        if self.state.abandoned() {
            self.cancel(CancelReason::ClientGone);
        }
    }

    fn expire(&self) {
        let step = *self.signals.step.borrow();
        match self.attempt.deadlines.expire(step, Instant::now()) {
            Expiry::CutStep => drop(self.signals.cut.send_replace(true)),
            Expiry::Cancel(reason) => self.cancel(reason),
        }
    }

    fn stopping(&self) -> bool {
        self.signals.cancel.borrow().is_some() || *self.signals.cut.borrow()
    }

    /// Cancels the run; the first reason counts.
    fn cancel(&self, reason: CancelReason) {
        self.signals.cancel.send_if_modified(|cancel| {
            let first = cancel.is_none();
            cancel.get_or_insert(reason);
            first
        });
    }
}

/// Attaches subscribers of the row that are new. A subscriber counts as known only once it is attached, so a call that
/// is dropped in between leaves it to the next one.
async fn attach_new(
    state: &mut Supervision,
    events: &EventSink,
    subscribers: &BTreeMap<ConnectionId, Cursor>,
) -> Result<(), Stopped> {
    for (id, cursor) in state.to_attach(subscribers) {
        events.attach(id.clone(), cursor).await?;
        state.attached(id, cursor);
    }
    Ok(())
}

/// Time for which a connection may still be opening at `now`; both times are in whole seconds since 1970, rounded down,
/// so that it is up to two seconds too long and never too short.
fn opening_left(connected_at: u64, now: u64) -> Duration {
    let opened_at = Duration::from_secs(connected_at.saturating_add(1)) + OPENING;
    opened_at.saturating_sub(Duration::from_secs(now))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::FutureExt;
    use longwire_core::ids::{RunId, ThreadId};
    use longwire_core::shape::Shape;
    use longwire_protocol::event::Event;
    use longwire_stream::event_log::EventLog;
    use longwire_stream::settings::Settings;
    use serde_json::json;

    use super::*;
    use crate::attempt::tests::row;

    /// A stream whose posts succeed.
    fn events() -> (EventSink, Notices) {
        let (_, lease) = watch::channel(Instant::now() + Duration::from_secs(60));
        let log = EventLog::resume(ThreadId::trusted("t"), RunId::trusted("r"), Vec::new(), 0);
        let post = Arc::new(|_, _| futures::future::ready(Ok(())).boxed());
        let read = Arc::new(|_| futures::future::ready(Ok(None)).boxed());
        longwire_stream::spawn(Settings::default(), post, read, lease, log)
    }

    #[tokio::test(start_paused = true)]
    async fn a_subscriber_whose_attachment_is_dropped_is_attached_by_the_next_read() {
        let (events, _notices) = events();
        let mut state = Supervision::new(&row(&json!({ "onGone": "finish" })), &BTreeMap::new(), 0);
        let id = ConnectionId::trusted("c");
        let subscribers = BTreeMap::from([(id.clone(), Cursor::new(0, Shape::default()))]);
        // The dispatcher does not run between these calls, so its channel fills up.
        while events.emit(Event::restart(0)).now_or_never().is_some() {}
        let dropped = attach_new(&mut state, &events, &subscribers).now_or_never();
        assert!(dropped.is_none(), "the channel is full");
        assert!(state.present().is_empty());

        attach_new(&mut state, &events, &subscribers)
            .await
            .expect("attached");
        assert!(state.present().contains(&id));
        assert!(events.cursors().await.expect("cursors").contains_key(&id));
    }
}
