//! Posts the events of an ended run again.

use std::collections::BTreeMap;
use std::future::pending;
use std::time::Duration;

use anyhow::Context as _;
use longwire_core::ids::ConnectionId;
use longwire_core::job::Replay;
use longwire_core::run::{Cursor, RunRow};
use longwire_core::shape::Format;
use longwire_repost::reposter::{EndedRun, RepostError, Reposter};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::deadlines::{BEYOND_INVOCATION, Deadlines};
use crate::delivery::Delivery;
use crate::error::AttemptError;
use crate::runner::Runner;

/// Time limit of a replay; a client that is slower sends `resume` for the rest.
const REPLAY_TIMEOUT: Duration = Duration::from_secs(120);

impl Runner {
    /// Posts the events that a connection asked for, for a job that was sent before 0.1.0: since then the function
    /// `replay` does this. It goes with the field of the job in 0.2.0. The worker of a run that has not ended finds
    /// the request in the row.
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
        let posted = self.post_again(delivery, &row, cursors, REPLAY_TIMEOUT);
        Ok(posted.await.context("posting the events")?)
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
                %error,
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
    ) -> Result<(), RepostError> {
        let reposter = Reposter {
            threads: self.threads.clone(),
            post: self.post.clone(),
            clock: self.clock.clone(),
            settings: self.settings.stream.clone(),
        };
        let run = EndedRun {
            key: &delivery.job.key(),
            run_id: &delivery.job.run_id,
            row,
            wait: None,
        };
        // No worker owns an ended run, so no lease bounds its posts.
        let (_lease, expires) = watch::channel(Instant::now() + BEYOND_INVOCATION);
        let deadlines = Deadlines::new(
            row,
            self.now(),
            delivery.time_left(),
            self.settings.life.run_limit,
        );
        let limit = deadlines.within_invocation(timeout);
        let posted = reposter.post_again(run, cursors, expires, limit, pending());
        posted.await.map(drop)
    }
}
