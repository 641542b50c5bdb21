//! Event log of a run: its events, in batches.

use std::sync::Arc;

use longwire_core::event_batch::EventBatch;
use longwire_core::ids::RunId;
use longwire_core::thread_key::ThreadKey;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::item::read;
use crate::retry::with_jitter;
use crate::threads::Threads;
use crate::threads::keys;

/// Most bytes of events in one item. Items stay under 350 KB; DynamoDB allows 400 KB.
const MAX_ITEM_BYTES: usize = 300_000;

/// Item of the event log: consecutive events, byte for byte.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogItem {
    /// Number of the first event.
    pub(super) first_seq: u64,
    /// Number of the last event.
    pub(super) last_seq: u64,
    /// JSON lines of the events, joined with `\n`.
    #[serde(rename = "lines")]
    pub(super) events: String,
    /// Expiry, in seconds since 1970.
    pub(super) ttl: u64,
}

impl LogItem {
    /// Makes the items of a batch: one, unless the batch exceeds 300 KB.
    pub(super) fn split(batch: &EventBatch, ttl: u64) -> Vec<Self> {
        let mut items: Vec<Self> = Vec::new();
        for (seq, event) in (batch.first..).zip(&batch.events) {
            match items.last_mut() {
                Some(item) if item.events.len() + event.len() < MAX_ITEM_BYTES => {
                    item.last_seq = seq;
                    item.events.push('\n');
                    item.events.push_str(event);
                }
                _ => items.push(Self {
                    first_seq: seq,
                    last_seq: seq,
                    events: event.to_string(),
                    ttl,
                }),
            }
        }
        items
    }

    /// Events of the item after number `after`.
    fn after(&self, after: u64) -> EventBatch {
        let skipped = (after + 1).saturating_sub(self.first_seq);
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
        let events = self.events.split('\n').skip(skipped);
        EventBatch {
            first: after + 1,
            last: self.last_seq,
            events: events.map(Arc::from).collect(),
        }
    }
}

impl Threads {
    /// Reads a page of a run's event log consistently, starting with the event after number `after`; 300 KB at most.
    /// Returns `None` when the log has no such event, or its item is expired at `now`, in seconds since 1970.
    pub async fn events_after(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        after: u64,
        now: u64,
    ) -> Result<Option<EventBatch>, StoreError> {
        let (first, last) = (keys::event_log(run_id), keys::events(run_id, after + 1));
        let query = self
            .query_range(key, first, last)
            .consistent_read(true)
            .limit(1);
        let output = with_jitter(|| async { Ok(query.clone().send().await?) }).await?;
        let item = output.items.unwrap_or_default().into_iter().next();
        let item: Option<LogItem> = item.map(read).transpose()?;
        let item = item.filter(|item| item.last_seq > after && item.ttl > now);
        Ok(item.map(|item| item.after(after)))
    }

    /// Reads the number of the first event of a run's last batch; `None` when the log is empty. The read is
    /// eventually consistent.
    pub async fn last_batch_start(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
    ) -> Result<Option<u64>, StoreError> {
        let query = self.query_prefix(key, &keys::event_log(run_id)).limit(1);
        let output = query.send().await?;
        let item = output.items.unwrap_or_default().into_iter().next();
        let item: Option<LogItem> = item.map(read).transpose()?;
        Ok(item.map(|item| item.first_seq))
    }
}
