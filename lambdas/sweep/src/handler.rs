//! One sweep.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};
use futures::StreamExt;
use futures::future::join_all;
use futures::stream::iter;
use longwire_store::threads::keys::open_parts;
use longwire_store::threads::overdue::Overdue;
use serde_json::{Value, json};

use crate::deps::Deps;

/// How many runs are looked at side by side.
const SIDE_BY_SIDE: usize = 16;

/// Looks for runs that nobody moved in time, and sees to it that somebody does. What cannot be looked at is an
/// error of the function, for the alarms, after everything else was looked at; the next sweep tries again.
pub(crate) async fn handle(deps: &Deps) -> Result<Value> {
    let now = now();
    let mut failed = 0_usize;
    let mut found = Vec::new();
    let parts = open_parts().map(|part| async move {
        let overdue = deps.threads.overdue(&part, now).await;
        (part, overdue)
    });
    for (part, overdue) in join_all(parts).await {
        match overdue {
            Ok(runs) => found.extend(runs),
            Err(fault) => {
                failed += 1;
                tracing::warn!(part, "a part of the open runs was not read: {fault}");
            }
        }
    }
    let looked = found.len();
    let moved = iter(found).map(|run| move_on(deps, run, now));
    failed += moved
        .buffer_unordered(SIDE_BY_SIDE)
        .filter(|moved| std::future::ready(!moved))
        .count()
        .await;
    tracing::info!(looked, failed, "swept");
    if failed > 0 {
        bail!("{failed} of {looked} runs and their parts were not looked after");
    }
    Ok(json!({ "looked": looked }))
}

async fn move_on(deps: &Deps, run: Overdue, now: u64) -> bool {
    let moved = deps.scheduler.move_overdue(&run, now).await;
    if let Err(fault) = &moved {
        tracing::warn!(run = %run.run_id, "an overdue run was not moved: {fault}");
    }
    moved.is_ok()
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
