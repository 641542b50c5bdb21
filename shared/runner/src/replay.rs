//! Posts the events of an ended run again.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use longwire_core::ids::ConnectionId;
use longwire_core::job::Replay;
use longwire_core::run::{CancelReason, Cursor, RunEnd, RunRow};
use longwire_core::shape::Format;
use longwire_protocol::run_events::{run_ended, run_started};
use longwire_store::threads::lease::RunLease;
use longwire_stream::event_log::EventLog;
use longwire_stream::sink::EventSink;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::deadlines::{BEYOND_INVOCATION, Deadlines};
use crate::delivery::Delivery;
use crate::error::AttemptError;
use crate::runner::Runner;

/// Time limit of a replay; a client that is slower sends `resume` for the rest.
const REPLAY_TIMEOUT: Duration = Duration::from_secs(120);

impl Runner {
    /// Posts the events that a connection asked for. The worker of a run that has not ended finds the request in the
    /// row.
    pub(crate) async fn replay(
        &self,
        delivery: &Delivery<'_>,
        request: &Replay,
    ) -> Result<(), AttemptError> {
        let job = delivery.job;
        let run = self.threads.run(&job.key(), &job.run_id, self.now()).await;
        let row = run.context("reading the run")?.map(|(row, _)| row);
        let Some(row) = row.filter(|row| row.status.ended()) else {
            return Ok(());
        };
        let cursors = BTreeMap::from([(request.connection.clone(), request.cursor)]);
        Ok(self
            .post_again(delivery, &row, cursors, REPLAY_TIMEOUT)
            .await?)
    }

    /// Posts the end of a run again, because the worker that stored it may have crashed before it posted it. Clients
    /// recognise events they have by `lw.seq`; the other formats have no such number, and repeated text is worse than
    /// a missing end, so they get nothing. A failure is logged only: clients send `resume` for what they lack.
    pub(crate) async fn post_end_again(&self, delivery: &Delivery<'_>, row: &RunRow) {
        let job = delivery.job;
        let posted = async {
            let first = self
                .threads
                .last_batch_start(&job.key(), &job.run_id)
                .await?;
            let after = first.map_or(0, |first| first - 1);
            let agui = row
                .subscribers
                .iter()
                .filter(|(_, cursor)| cursor.shape.format == Format::Agui);
            let cursors = agui.map(|(id, cursor)| (id.clone(), Cursor::new(after, cursor.shape)));
            // Within the visibility timeout, so that no other worker receives the message meanwhile.
            let timeout = self.drain_timeout().min(self.settings.visibility);
            self.post_again(delivery, row, cursors.collect(), timeout)
                .await
        };
        if let Err(error) = posted.await {
            tracing::warn!(
                event = "end_replay_failed",
                error = format!("{error:#}"),
                "the end of the run was not posted again"
            );
        }
    }

    async fn post_again(
        &self,
        delivery: &Delivery<'_>,
        row: &RunRow,
        cursors: BTreeMap<ConnectionId, Cursor>,
        timeout: Duration,
    ) -> anyhow::Result<()> {
        let lease = self.lease(delivery.job, row.epoch);
        // No worker owns an ended run, so no lease bounds its posts.
        let (_lease, expires) = watch::channel(Instant::now() + BEYOND_INVOCATION);
        let (thread_id, run_id) = (lease.key.thread_id.clone(), lease.run_id.clone());
        let never_began = row.last_seq == 0;
        let log = if never_began {
            EventLog::resume(thread_id, run_id, Vec::new(), 0)
        } else {
            EventLog::ended(thread_id, run_id, row.last_seq, row.status)
        };
        let read = self.read_events(&lease.key, &lease.run_id);
        let settings = self.settings.stream.clone();
        let (events, _notices) =
            longwire_stream::spawn(settings, self.post.clone(), read, expires, log);
        if never_began {
            self.emit_cancelled(&events, &lease, row).await?;
        }
        for (id, cursor) in cursors {
            events.attach(id, cursor).await?;
        }
        let deadlines = Deadlines::new(
            row,
            self.now(),
            delivery.time_left(),
            self.settings.life.run_limit,
        );
        events.drained(deadlines.within_invocation(timeout)).await;
        events.stop().await;
        Ok(())
    }

    /// Emits the events of a run that was cancelled while queued. It has none in the event log; its rows hold all
    /// that they say.
    async fn emit_cancelled(
        &self,
        events: &EventSink,
        lease: &RunLease,
        row: &RunRow,
    ) -> anyhow::Result<()> {
        let mut input = self.threads.input(&lease.key, &lease.run_id).await?;
        if let Some(input) = &mut input {
            input.message_id = row.message_id.clone();
        }
        let RunLease { key, run_id, .. } = lease;
        let started = run_started(&key.thread_id, run_id, input.as_ref());
        events.emit(started).await?;
        let reason = row.reason.unwrap_or(CancelReason::User);
        let end = RunEnd::Cancelled(reason);
        events
            .close(run_ended(&key.thread_id, run_id, end, Vec::new()))
            .await?;
        Ok(events.release().await?)
    }
}
