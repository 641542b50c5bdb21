//! A run's lines in the durable log.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::retry::with_jitter;
use crate::threads::Threads;
use crate::threads::item::{read, s};
use crate::threads::keys;
use crate::threads::keys::{PARTITION, SORT};
use longwire_core::event_batch::EventBatch;
use longwire_core::ids::RunId;
use longwire_core::thread_key::ThreadKey;

/// The most of a run's lines in one item, in bytes. Items stay under 350 KB of DynamoDB's 400.
const MAX_LOG_BYTES: usize = 300_000;

/// A batch of a run's lines, byte-exact, joined with `\n`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogItem {
    /// The first line's number.
    pub first_seq: u64,
    /// The last line's number.
    pub last_seq: u64,
    /// The lines.
    pub lines: String,
    /// When the table forgets it.
    pub ttl: u64,
}

impl LogItem {
    /// The items for a batch; one, unless it is too long for one.
    pub fn split(batch: &EventBatch, ttl: u64) -> Vec<Self> {
        let mut items: Vec<Self> = Vec::new();
        for (seq, line) in (batch.first..).zip(&batch.events) {
            match items.last_mut() {
                Some(item) if item.lines.len() + line.len() < MAX_LOG_BYTES => {
                    item.last_seq = seq;
                    item.lines.push('\n');
                    item.lines.push_str(line);
                }
                _ => items.push(Self {
                    first_seq: seq,
                    last_seq: seq,
                    lines: line.to_string(),
                    ttl,
                }),
            }
        }
        items
    }

    /// Its lines after `after`.
    fn after(&self, after: u64) -> EventBatch {
        let had = (after + 1).saturating_sub(self.first_seq);
        let had = usize::try_from(had).unwrap_or(usize::MAX);
        EventBatch {
            first: after + 1,
            last: self.last_seq,
            events: self.lines.split('\n').skip(had).map(Arc::from).collect(),
        }
    }
}

impl Threads {
    /// A page of a run's lines, beginning with the one after `after`; `None` when it was not logged, or is
    /// forgotten by `now`, in seconds since 1970. One item, so 300 KB at most.
    pub async fn events_after(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        after: u64,
        now: u64,
    ) -> Result<Option<EventBatch>, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("#thread = :thread AND #item BETWEEN :first AND :wanted")
            .expression_attribute_names("#thread", PARTITION)
            .expression_attribute_names("#item", SORT)
            .expression_attribute_values(":thread", s(key.partition()))
            .expression_attribute_values(":first", s(keys::logs(run_id)))
            .expression_attribute_values(":wanted", s(keys::log(run_id, after + 1)))
            .scan_index_forward(false)
            .limit(1);
        let output = with_jitter(|| async { Ok(query.clone().send().await?) }).await?;
        let item = output.items.unwrap_or_default().into_iter().next();
        let item: Option<LogItem> = item.map(read).transpose()?;
        let item = item.filter(|item| item.last_seq > after && item.ttl > now);
        Ok(item.map(|item| item.after(after)))
    }

    /// The number of the first line of a run's last batch; `None` when nothing was logged.
    pub async fn last_batch_start(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
    ) -> Result<Option<u64>, StoreError> {
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#thread = :thread AND begins_with(#item, :logs)")
            .expression_attribute_names("#thread", PARTITION)
            .expression_attribute_names("#item", SORT)
            .expression_attribute_values(":thread", s(key.partition()))
            .expression_attribute_values(":logs", s(keys::logs(run_id)))
            .scan_index_forward(false)
            .limit(1)
            .send()
            .await?;
        let last = output.items.unwrap_or_default().into_iter().next();
        let last: Option<LogItem> = last.map(read).transpose()?;
        Ok(last.map(|item| item.first_seq))
    }
}
