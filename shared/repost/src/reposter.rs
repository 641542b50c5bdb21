//! Posts the events of an ended run again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use longwire_core::clock::Clock;
use longwire_core::ids::{ConnectionId, RunId};
use longwire_core::pending::Pending as Wait;
use longwire_core::run::{CancelReason, Cursor, RunEnd, RunRow};
use longwire_core::thread_key::ThreadKey;
use longwire_protocol::response::history::Pending;
use longwire_protocol::run_events::{run_ended, run_started};
use longwire_store::error::StoreError;
use longwire_store::threads::Threads;
use longwire_stream::event_log::EventLog;
use longwire_stream::notice::{Notice, Notices};
use longwire_stream::post::Post;
use longwire_stream::settings::Settings;
use longwire_stream::sink::{EventSink, Stopped};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::read::read_events;

/// Clients and settings for posting events again.
pub struct Reposter {
    /// Table of threads.
    pub threads: Threads,
    /// Posts a frame to a connection.
    pub post: Post,
    /// Wall clock.
    pub clock: Clock,
    /// Settings of the event stream.
    pub settings: Settings,
}

/// Run that has ended.
#[derive(Debug, Clone, Copy)]
pub struct EndedRun<'a> {
    /// Key of its thread.
    pub key: &'a ThreadKey,
    /// Id of the run.
    pub run_id: &'a RunId,
    /// Control row of the run.
    pub row: &'a RunRow,
    /// Wait of the thread.
    pub wait: Option<&'a Wait>,
}

impl EndedRun<'_> {
    /// Answers that the thread waits for, to calls of the run.
    fn waiting_for(&self) -> Option<Pending> {
        let wait = self.wait.filter(|wait| wait.run_id == *self.run_id)?;
        Some(wait.into())
    }
}

/// Failure to post events again.
#[derive(Debug, thiserror::Error)]
pub enum RepostError {
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The dispatcher ended.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

impl Reposter {
    /// Posts the events of a run to each connection from its cursor on, until nothing is left, `limit` has passed, or
    /// `interrupted` completes. No post starts unless it ends before `lease`. After the return, and after this future
    /// was dropped, no post starts any more. Returns the connections that no longer exist, or that refuse posts for
    /// good.
    pub async fn post_again(
        &self,
        run: EndedRun<'_>,
        cursors: BTreeMap<ConnectionId, Cursor>,
        lease: watch::Receiver<Instant>,
        limit: Duration,
        interrupted: impl Future<Output = ()>,
    ) -> Result<BTreeSet<ConnectionId>, RepostError> {
        let read = read_events(&self.threads, &self.clock, run.key, run.run_id);
        let settings = self.settings.clone();
        let post = self.post.clone();
        let log = event_log(&run).waiting_for(run.waiting_for());
        let (events, notices) = longwire_stream::spawn(settings, post, read, lease, log);
        if never_began(run.row) {
            self.emit_cancelled(&events, &run).await?;
        }
        // The run has ended, so its connections were made long ago, and status 410 means that they are gone.
        let now = Instant::now();
        let open = cursors.keys().map(|id| (id.clone(), now)).collect();
        events.set_opening_until(open).await?;
        for (id, cursor) in cursors {
            events.attach(id, cursor).await?;
        }
        tokio::select! {
            // Whether anything is left does not matter: a client sends `resume` for what it lacks.
            _ = events.drained(limit) => {}
            () = interrupted => {}
        }
        events.stop().await;
        Ok(gone(notices))
    }

    /// Emits the events of a run that was cancelled while queued. Its event log is empty, so the events are made from
    /// its control row and its input.
    async fn emit_cancelled(
        &self,
        events: &EventSink,
        run: &EndedRun<'_>,
    ) -> Result<(), RepostError> {
        let EndedRun {
            key, run_id, row, ..
        } = run;
        let mut input = self.threads.input(key, run_id).await?;
        if let Some(input) = &mut input {
            input.message_id = row.message_id.clone();
        }
        let started = run_started(&key.thread_id, run_id, &row.origin, input.as_ref(), &[]);
        events.emit(started).await?;
        let end = RunEnd::Cancelled(row.reason.unwrap_or(CancelReason::User));
        events
            .close(run_ended(&key.thread_id, run_id, end, None, Vec::new()))
            .await?;
        Ok(events.release().await?)
    }
}

fn never_began(row: &RunRow) -> bool {
    row.last_seq == 0
}

fn event_log(run: &EndedRun<'_>) -> EventLog {
    let (thread_id, run_id) = (run.key.thread_id.clone(), run.run_id.clone());
    if never_began(run.row) {
        EventLog::resume(thread_id, run_id, Vec::new(), 0)
    } else {
        EventLog::ended(thread_id, run_id, run.row.last_seq, run.row.status)
    }
}

fn gone(mut notices: Notices) -> BTreeSet<ConnectionId> {
    let notices = std::iter::from_fn(|| notices.try_recv().ok());
    let gone = notices.filter_map(|notice| match notice {
        Notice::Gone(connection) => Some(connection),
        Notice::Stuck(_) => None,
    });
    gone.collect()
}
