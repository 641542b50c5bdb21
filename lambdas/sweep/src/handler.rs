//! Handles one sweep.

use std::future::ready;

use anyhow::{Result, bail};
use futures::StreamExt;
use futures::future::join_all;
use futures::stream::iter;
use longwire_core::clock::unix_seconds;
use longwire_store::error::StoreError;
use longwire_store::threads::keys::open_parts;
use longwire_store::threads::overdue::Overdue;
use serde_json::{Value, json};
use tracing::field::display;

use crate::deps::Deps;

/// Maximum number of runs that are moved at the same time.
pub(crate) const PARALLEL: usize = 16;

/// Moves the overdue runs of all partitions of the index of open runs, and ends the waits there that have expired.
///
/// A run or a partition that cannot be handled is an error of the function, so that an alarm counts it. It is
/// returned after all others were handled; the next sweep tries again.
pub(crate) async fn handle(deps: &Deps) -> Result<Value> {
    let now = unix_seconds();
    let (runs, unread) = overdue_runs(deps, now).await;
    let looked = runs.len();
    let moves = runs.into_iter().map(|run| move_run(deps, run, now));
    let failed = unread + count_failures(moves).await;
    // There is a sweep every minute, and most find nothing.
    if looked + failed > 0 {
        tracing::info!(
            event = "sweep_finished",
            looked,
            failed,
            "the sweep is over"
        );
    }
    if failed > 0 {
        bail!("{failed} partitions and runs could not be handled; {looked} runs were overdue");
    }
    Ok(json!({ "looked": looked }))
}

/// Reads the overdue runs of all partitions, and counts the partitions that could not be read.
async fn overdue_runs(deps: &Deps, now: u64) -> (Vec<Overdue>, usize) {
    let reads = open_parts().map(async |partition| {
        let read = deps.threads.overdue(&partition, now).await;
        read.inspect_err(|error| log_unread(&partition, error))
    });
    let (mut runs, mut failed) = (Vec::new(), 0);
    for read in join_all(reads).await {
        match read {
            Ok(found) => runs.extend(found),
            Err(_) => failed += 1,
        }
    }
    (runs, failed)
}

fn log_unread(partition: &str, error: &StoreError) {
    tracing::warn!(event = "partition_read_failed", partition, %error, "a partition of the index of open runs was not read");
}

/// Moves a run, or ends an expired wait. Returns `false`, and logs the error, when that fails.
async fn move_run(deps: &Deps, run: Overdue, now: u64) -> bool {
    let moved = deps.scheduler.move_overdue(&run, now).await;
    if let Err(error) = &moved {
        let thread = &run.key.thread_id;
        let run = run.run_id.as_ref().map(display);
        tracing::warn!(event = "overdue_run_failed", run, %thread, %error, "an overdue run was not moved");
    }
    moved.is_ok()
}

/// Runs the futures, [`PARALLEL`] at a time, and counts those that return `false`.
pub(crate) async fn count_failures(moves: impl Iterator<Item: Future<Output = bool>>) -> usize {
    iter(moves)
        .buffer_unordered(PARALLEL)
        .filter(|moved| ready(!moved))
        .count()
        .await
}
