//! Finding overdue runs, and threads whose wait has expired, through the index of open runs. The index lags, so its results
//! are hints; the row of a run, and the thread's own item, decide what is done about it.

use longwire_core::ids::RunId;
use longwire_core::thread_key::ThreadKey;
use serde::Deserialize;

use crate::error::StoreError;
use crate::item::{Item, n, read, s};
use crate::threads::Threads;
use crate::threads::keys;
use crate::threads::transition::Transition;
use crate::update::Updated;

/// Sparse index of unfinished runs: partition key `open`, sort key `wakeBy`.
const OPEN_RUNS: &str = "open_runs";

/// Most runs that one query returns; the next sweep finds the others.
const MAX_RUNS_READ: i32 = 100;

/// Run or thread whose `wakeBy` deadline has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    /// Thread.
    pub key: ThreadKey,
    /// Run of the thread that should have moved; `None` for a thread that waits for answers to calls.
    pub run_id: Option<RunId>,
    /// Deadline, in seconds since 1970.
    pub wake_by: u64,
}

/// Keys that an entry of the index has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    thread: String,
    item: String,
    wake_by: u64,
}

impl Threads {
    /// Finds the runs and threads of one partition of the index ([`keys::open_parts`]) whose deadline is before `now`, in
    /// seconds since 1970: at most 100, earliest deadline first. Fails with [`StoreError::Corrupt`] when an entry names
    /// neither.
    pub async fn overdue(&self, part: &str, now: u64) -> Result<Vec<Overdue>, StoreError> {
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(OPEN_RUNS)
            .key_condition_expression("#open = :part AND #wakeBy < :now")
            .expression_attribute_names("#open", "open")
            .expression_attribute_names("#wakeBy", "wakeBy")
            .expression_attribute_values(":part", s(part))
            .expression_attribute_values(":now", n(now))
            .limit(MAX_RUNS_READ)
            .send()
            .await?;
        let entries = output.items.unwrap_or_default().into_iter();
        entries.map(Overdue::read).collect()
    }

    /// Moves the `wakeBy` deadline of a run from `before` to `wake_by`, in seconds since 1970. Returns `false` when
    /// another writer changed it first.
    pub async fn postpone_wake(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        before: u64,
        wake_by: u64,
    ) -> Result<bool, StoreError> {
        let postpone = Transition::PostponeWake { before, wake_by };
        let updated = self.apply(key, run_id, postpone).await?;
        Ok(matches!(updated, Updated::Done(_)))
    }
}

impl Overdue {
    fn read(entry: Item) -> Result<Self, StoreError> {
        let Entry {
            thread,
            item,
            wake_by,
        } = read(entry)?;
        let unknown =
            || StoreError::Corrupt(format!("the index names no run and no thread: {item}"));
        let run_id = match item.as_str() {
            keys::META => None,
            run => Some(keys::parse_run(run).ok_or_else(unknown)?),
        };
        Ok(Self {
            key: ThreadKey::parse(&thread).ok_or_else(unknown)?,
            run_id,
            wake_by,
        })
    }
}
