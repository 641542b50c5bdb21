//! Finding runs that nobody moved in time, over the index of open runs. The index lags and is only a hint:
//! what is done about a run is decided on its row.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Deserialize;

use super::Threads;
use super::item::{n, read, s};
use super::keys::{self, ThreadKey};
use super::start::WAKE_QUEUED;
use super::transition::Transition;
use super::update::Updated;
use crate::aws::fault::Fault;
use crate::aws::queue::Queue;
use crate::ids::RunId;
use crate::wire::line::Reason;

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
    pub async fn overdue(&self, part: &str, now: u64) -> Result<Vec<Overdue>, Fault> {
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

    /// Sees to it that an overdue run moves: the active run of its thread gets its message again. A run that waits
    /// behind it is looked at later, so that those who wait long do not keep the sweep from others. One that waits
    /// without being in line was never acknowledged; it is cancelled, so that nothing starts it late.
    pub async fn move_overdue(&self, queue: &Queue, run: &Overdue, now: u64) -> Result<(), Fault> {
        let Overdue { key, run_id, .. } = run;
        let meta = self.meta(key, now).await?;
        let line = meta.map(|meta| meta.line).unwrap_or_default();
        if let Some(head) = line.first().filter(|_| line.contains(run_id)) {
            let row = self.run(key, head).await?;
            self.wake(queue, key, head, row.as_ref(), now).await?;
            if head != run_id {
                let later = Transition::Wake {
                    before: run.wake_by,
                    wake_by: now + WAKE_QUEUED,
                };
                self.change(key, run_id, later).await?;
            }
            return Ok(());
        }
        let reason = Reason::Timeout;
        let cancel = Transition::Cancel { reason, at: now };
        match self.change(key, run_id, cancel).await? {
            // A worker had it, and ended before the run did.
            Updated::Refused(Some(row)) if !row.status.ended() => {
                self.wake(queue, key, run_id, Some(&row), now).await
            }
            Updated::Done(_) | Updated::Refused(_) => Ok(()),
        }
    }
}

fn overdue(item: HashMap<String, AttributeValue>) -> Result<Overdue, Fault> {
    let Keys {
        thread,
        item,
        wake_by,
    } = read(item)?;
    let key = ThreadKey::of_partition(&thread);
    let run_id = keys::parse_run(&item);
    let unreadable = || Fault::Unreadable(format!("the index names no run: {item}"));
    Ok(Overdue {
        key: key.ok_or_else(unreadable)?,
        run_id: run_id.ok_or_else(unreadable)?,
        wake_by,
    })
}
