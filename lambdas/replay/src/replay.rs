//! One replay: posts the events of an ended run to the connection.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use longwire_core::ids::RunId;
use longwire_core::pending::Pending;
use longwire_core::run::{Cursor, RunRow};
use longwire_core::thread_key::ThreadKey;
use longwire_repost::reposter::EndedRun;
use longwire_store::connections::replays::{ReplayRow, parse_replay_name};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::session::Session;
use crate::watch::Interruption;

/// Time limit of a replay; a client that is slower sends `resume` for the rest.
pub(crate) const REPLAY_TIMEOUT: Duration = Duration::from_secs(120);

/// Outcome of a replay.
pub(crate) enum Replayed {
    /// The connection has the events, or gets no more of them from this replay.
    Done,
    /// The row changed: the connection asked for the run again, is to be closed, or is another invocation's; `None`
    /// when it is gone.
    Interrupted(Option<ReplayRow>),
    /// The connection no longer exists.
    Gone,
    /// The lease expired and could not be renewed.
    LeaseExpired,
}

impl Session<'_> {
    /// Posts the events of the run after the cursor, for 120 s at most. A run that is missing, unreadable or
    /// unfinished, or that belongs to a deleted thread, has none to post here.
    pub(crate) async fn replay(
        &self,
        lease: &watch::Sender<Instant>,
        row: &ReplayRow,
        name: &str,
        cursor: Cursor,
    ) -> anyhow::Result<Replayed> {
        let Some((key, run_id)) = key(row, name) else {
            return Ok(Replayed::Done);
        };
        let Some((run, wait)) = self.ended(&key, &run_id).await? else {
            return Ok(Replayed::Done);
        };
        let run = EndedRun {
            key: &key,
            run_id: &run_id,
            row: &run,
            wait: wait.as_ref(),
        };
        let cursors = BTreeMap::from([(self.connection.clone(), cursor)]);
        let mut interruption = None;
        let interrupted = async {
            interruption = Some(self.interruption(lease, name, cursor).await);
        };
        let gone = self.deps.reposter.post_again(
            run,
            cursors,
            lease.subscribe(),
            REPLAY_TIMEOUT,
            interrupted,
        );
        let gone = gone.await.context("posting the events")?;
        Ok(match interruption {
            Some(Interruption::Changed(row)) => Replayed::Interrupted(row),
            Some(Interruption::LeaseExpired) => Replayed::LeaseExpired,
            None if gone.contains(self.connection) => Replayed::Gone,
            None => Replayed::Done,
        })
    }

    /// Reads an ended run, and the wait of its thread unless it has expired.
    async fn ended(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
    ) -> anyhow::Result<Option<(RunRow, Option<Pending>)>> {
        let now = self.now();
        let run = self.deps.reposter.threads.run(key, run_id, now);
        match run.await {
            Ok(run) => Ok(run
                .filter(|(row, _)| row.status.ended())
                .map(|(row, meta)| {
                    let wait = meta.pending.filter(|wait| !wait.expired(now));
                    (row, wait)
                })),
            Err(error) if error.permanent() => {
                tracing::error!(event = "run_unreadable", run = %run_id, %error, "the run cannot be read");
                Ok(None)
            }
            Err(error) => Err(error).context("reading the run"),
        }
    }
}

fn key(row: &ReplayRow, name: &str) -> Option<(ThreadKey, RunId)> {
    let (thread_id, run_id) = parse_replay_name(name)?;
    let owner = row.user.owner();
    Some((ThreadKey { owner, thread_id }, run_id))
}
