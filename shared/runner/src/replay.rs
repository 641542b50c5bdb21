//! The lines of a run that has ended, told again.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use longwire_core::ids::ConnectionId;
use longwire_core::job::Replay;
use longwire_core::run::CancelReason;
use longwire_core::run::{Cursor, RunRow};
use longwire_core::shape::Format;
use longwire_store::threads::lease::RunLease;
use longwire_stream::event_log::EventLog;
use longwire_stream::sink::{EventSink, Stopped};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::deadlines::Time;
use crate::delivery::Delivery;
use crate::deps::Deps;
use crate::finish::cancelled;
use crate::pages::read_events;
use crate::start::run_started;

/// Nobody owns an ended run, so no lease bounds its posts.
const FOREVER: Duration = Duration::from_secs(3600);

/// How long lines are sent to who asked for them; a client that is slower asks for the rest from where it stands.
const LONGEST: Duration = Duration::from_secs(120);

/// Sends the lines that a connection asked for. A run that goes on is left to its worker, who finds the wish
/// in the row.
pub(crate) async fn replay(
    deps: &Deps,
    delivery: Delivery<'_>,
    replay: &Replay,
) -> anyhow::Result<()> {
    let fence = delivery.fence(deps, 0);
    let row = fence.threads.run_row(&fence.key, &fence.run_id).await;
    let row = row.context("reading the run")?;
    let Some(row) = row.filter(|row| row.status.ended()) else {
        return Ok(());
    };
    let cursors = BTreeMap::from([(replay.connection.clone(), replay.cursor)]);
    tell(deps, delivery, &row, cursors, LONGEST).await
}

/// Tells the end again: the worker that committed it may have died before it could. Clients know lines they
/// have by `lw.seq`; the other shapes have no such number, and a word twice is worse than an end missed, so they
/// get nothing. Whatever fails here is left: clients ask for what they lack.
pub(crate) async fn tell_end_again(deps: &Deps, delivery: Delivery<'_>, row: &RunRow) {
    let fence = delivery.fence(deps, 0);
    let told = async {
        let first = fence
            .threads
            .last_batch_start(&fence.key, &fence.run_id)
            .await?;
        let after = first.map_or(0, |first| first - 1);
        let agui = row
            .subscribers
            .iter()
            .filter(|(_, cursor)| cursor.shape.format == Format::Agui);
        let cursors = agui.map(|(id, cursor)| (id.clone(), Cursor::new(after, cursor.shape)));
        // Shorter than the message stays hidden: nobody else shall begin with it meanwhile.
        let longest = deps.settings.patience();
        tell(deps, delivery, row, cursors.collect(), longest).await
    };
    if let Err(error) = told.await {
        tracing::warn!(
            error = format!("{error:#}"),
            "the run's end was not told again"
        );
    }
}

async fn tell(
    deps: &Deps,
    delivery: Delivery<'_>,
    row: &RunRow,
    cursors: BTreeMap<ConnectionId, Cursor>,
    longest: Duration,
) -> anyhow::Result<()> {
    let fence = delivery.fence(deps, row.epoch);
    let (_lease, lease) = watch::channel(Instant::now() + FOREVER);
    let (thread, run) = (fence.key.thread_id.clone(), fence.run_id.clone());
    let never_begun = row.last_seq == 0;
    let log = if never_begun {
        EventLog::resume(thread, run, Vec::new(), 0)
    } else {
        EventLog::ended(thread, run, row.last_seq, row.status)
    };
    let (lines, _notices) = longwire_stream::spawn(
        deps.settings.sender.clone(),
        deps.post.clone(),
        read_events(&fence.threads, &fence.key, &fence.run_id),
        lease,
        log,
    );
    if never_begun {
        make(&lines, &fence, row).await?;
    }
    for (id, cursor) in cursors {
        lines.attach(id, cursor).await?;
    }
    let time = Time::new(row, delivery.deadline, deps.settings.run);
    lines.drained(time.at_most(longest)).await;
    lines.stop().await;
    Ok(())
}

/// A run that was cancelled while it waited has no lines in the log. Its rows say all there is to say.
async fn make(lines: &EventSink, fence: &RunLease, row: &RunRow) -> Result<(), anyhow::Error> {
    let input = fence.threads.input(&fence.key, &fence.run_id).await?;
    let told = async {
        lines.emit(run_started(fence, input.as_ref())).await?;
        let reason = row.reason.unwrap_or(CancelReason::User);
        lines.close(cancelled(fence, reason)).await?;
        lines.release().await
    };
    told.await.map_err(|stopped: Stopped| stopped.into())
}
