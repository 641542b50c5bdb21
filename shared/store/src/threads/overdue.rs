//! Finding runs that nobody moved in time, over the index of open runs. The index lags and is only a hint:
//! what is done about a run is decided on its row.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Deserialize;

use crate::error::StoreError;
use crate::threads::Threads;
use crate::threads::item::{n, read, s};
use crate::threads::keys;
use crate::threads::transition::Transition;
use crate::threads::update::Updated;
use longwire_core::ids::RunId;
use longwire_core::thread_key::ThreadKey;

/// The sparse index of runs that have not ended: hash `open`, sort `wakeBy`.
pub const OPEN_RUNS: &str = "open_runs";

/// The most runs of one part that one look takes; the next look takes more.
const MOST: i32 = 100;

/// A run that should have been moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    /// Its thread.
    pub key: ThreadKey,
    /// Its name.
    pub run_id: RunId,
    /// When somebody should have moved it, in seconds since 1970.
    pub wake_by: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Keys {
    thread: String,
    item: String,
    wake_by: u64,
}

impl Threads {
    /// The runs of one part of the index ([`keys::open_parts`]) that should have been moved before `now`, in
    /// seconds since 1970; those that wait longest first, 100 at most.
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
            .limit(MOST)
            .send()
            .await?;
        output
            .items
            .unwrap_or_default()
            .into_iter()
            .map(overdue)
            .collect()
    }
}

impl Threads {
    /// Moves the `wakeBy` of a run from `before` to `wake_by`. Returns `false` when another writer changed it first.
    pub async fn postpone_wake(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        before: u64,
        wake_by: u64,
    ) -> Result<bool, StoreError> {
        let postpone = Transition::PostponeWake { before, wake_by };
        let updated = self.change(key, run_id, postpone).await?;
        Ok(matches!(updated, Updated::Done(_)))
    }
}

fn overdue(item: HashMap<String, AttributeValue>) -> Result<Overdue, StoreError> {
    let Keys {
        thread,
        item,
        wake_by,
    } = read(item)?;
    let key = ThreadKey::parse(&thread);
    let run_id = keys::parse_run(&item);
    let unreadable = || StoreError::Corrupt(format!("the index names no run: {item}"));
    Ok(Overdue {
        key: key.ok_or_else(unreadable)?,
        run_id: run_id.ok_or_else(unreadable)?,
        wake_by,
    })
}
