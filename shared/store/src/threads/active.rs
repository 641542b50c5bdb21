//! Threads that have an unfinished run.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::KeysAndAttributes;
use longwire_core::ids::{Owner, RunId, ThreadId};
use longwire_core::thread_key::ThreadKey;
use serde::Deserialize;

use crate::active_threads::ActiveThread;
use crate::error::StoreError;
use crate::item::{Item, read};
use crate::threads::Threads;
use crate::threads::keys::{self, PARTITION};

/// Time after the admission of a run during which it may not be recorded yet, in milliseconds. A start takes 3 s at most, and its
/// last request a moment more when nobody waits for the response any longer.
pub const RECORDING: u64 = 5_000;

/// Part of a thread's item by which it is active.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    #[serde(default, rename = "line")]
    runs: Vec<RunId>,
    /// Time at which the latest run was recorded, in milliseconds since 1970.
    #[serde(default)]
    recorded_at: u64,
}

impl Threads {
    /// Finds those of an owner's `threads`, 1 to 100, that are active at `now`, in milliseconds since 1970: their run queue is
    /// not empty, or a run was admitted there that is not recorded yet. One consistent request reads all of them; it fails
    /// with [`StoreError::Unavailable`] when DynamoDB returns a part only.
    pub async fn active(
        &self,
        owner: &Owner,
        threads: &BTreeSet<ActiveThread>,
        now: u64,
    ) -> Result<BTreeSet<ActiveThread>, StoreError> {
        let ids: BTreeSet<&ThreadId> = threads.iter().map(|thread| &thread.thread).collect();
        let keys = ids.into_iter().map(|thread_id| {
            let (owner, thread_id) = (owner.clone(), thread_id.clone());
            keys::item(&ThreadKey { owner, thread_id }, keys::META)
        });
        let metas = KeysAndAttributes::builder()
            .consistent_read(true)
            .set_keys(Some(keys.collect()))
            .build()?;
        let items = self.batch(metas).await?;
        let states: BTreeMap<_, _> = items
            .into_iter()
            .filter_map(state)
            .collect::<Result<_, _>>()?;
        let absent = State::default();
        let active = threads.iter().filter(|thread| {
            let state = states.get(&thread.thread).unwrap_or(&absent);
            state.is_active(thread, now)
        });
        Ok(active.cloned().collect())
    }
}

impl State {
    fn is_active(&self, thread: &ActiveThread, now: u64) -> bool {
        let unrecorded = |at| self.recorded_at < at && now < at + RECORDING;
        !self.runs.is_empty() || thread.admitted_at.is_some_and(unrecorded)
    }
}

fn state(item: Item) -> Option<Result<(ThreadId, State), StoreError>> {
    let partition = item.get(PARTITION)?.as_s().ok()?;
    let thread_id = ThreadKey::parse(partition)?.thread_id;
    Some(read(item).map(|state| (thread_id, state)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_active_until_its_run_was_recorded_and_has_ended() {
        let thread = |admitted_at| ActiveThread {
            thread: ThreadId::trusted("t_1"),
            admitted_at,
        };
        let state = |recorded_at, runs: &[&str]| State {
            runs: runs.iter().map(|&run| RunId::trusted(run)).collect(),
            recorded_at,
        };
        for (recorded_at, runs, admitted_at, now, active) in [
            (0, &["r_1"][..], None, 9_000, true),
            (0, &[], None, 9_000, false),
            (0, &[], Some(9_000), 9_100, true),
            (8_000, &[], Some(9_000), 13_999, true),
            (8_000, &[], Some(9_000), 14_000, false),
            (9_000, &[], Some(9_000), 9_100, false),
            (9_000, &["r_1"], Some(9_000), 99_000, true),
        ] {
            let is_active = state(recorded_at, runs).is_active(&thread(admitted_at), now);
            assert_eq!(
                is_active, active,
                "{recorded_at} {runs:?} {admitted_at:?} {now}"
            );
        }
    }
}
