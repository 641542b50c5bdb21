//! Event log of a run: its events, in compressed batches.
//!
//! Events of one run repeat their ids, so gzip makes a batch about a fifteenth of its size, and each write unit is
//! 1 KB. docs/operations.md has the command that prints a batch.

use std::io::{Read, Write};
use std::sync::Arc;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use longwire_core::event_batch::EventBatch;
use longwire_core::ids::RunId;
use longwire_core::thread_key::ThreadKey;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::error::StoreError;
use crate::item::read;
use crate::retry::with_jitter;
use crate::threads::Threads;
use crate::threads::keys;

/// Most bytes of events in one item, before compression. The item stays under 350 KB even where compression does not
/// help; DynamoDB allows 400 KB.
const MAX_ITEM_BYTES: usize = 300_000;

/// Most bytes of an unpacked item: one event may exceed [`MAX_ITEM_BYTES`], but none is a megabyte.
const MAX_UNPACKED_BYTES: u64 = 1 << 20;

/// Item of the event log: consecutive events, byte for byte once unpacked.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogItem {
    /// Number of the first event.
    pub(super) first_seq: u64,
    /// Number of the last event.
    pub(super) last_seq: u64,
    /// JSON lines of the events, joined with `\n`, as gzip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gzip: Option<ByteBuf>,
    /// Events as text, joined with `\n`, in items written before 0.1.0.
    #[serde(default, skip_serializing)]
    lines: Option<String>,
    /// Expiry, in seconds since 1970.
    pub(super) ttl: u64,
}

impl LogItem {
    /// Makes the items of a batch: one, unless the batch exceeds 300 KB.
    pub(super) fn split(batch: &EventBatch, ttl: u64) -> Vec<Self> {
        let mut items = Vec::new();
        let mut first_seq = batch.first;
        let mut lines = String::new();
        for (seq, event) in (batch.first..).zip(&batch.events) {
            if lines.is_empty() {
                first_seq = seq;
            } else if lines.len() + event.len() >= MAX_ITEM_BYTES {
                items.push(Self::new(first_seq, seq - 1, &lines, ttl));
                lines.clear();
                first_seq = seq;
            } else {
                lines.push('\n');
            }
            lines.push_str(event);
        }
        if !lines.is_empty() {
            items.push(Self::new(first_seq, batch.last, &lines, ttl));
        }
        items
    }

    fn new(first_seq: u64, last_seq: u64, lines: &str, ttl: u64) -> Self {
        Self {
            first_seq,
            last_seq,
            gzip: Some(ByteBuf::from(packed(lines))),
            lines: None,
            ttl,
        }
    }

    /// Events of the item after number `after`.
    fn after(self, after: u64) -> Result<EventBatch, StoreError> {
        let skipped = (after + 1).saturating_sub(self.first_seq);
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
        let lines = match (self.gzip, self.lines) {
            (Some(gzip), _) => unpacked(&gzip)?,
            (None, Some(lines)) => lines,
            (None, None) => return Err(StoreError::Corrupt("a batch has no events".to_owned())),
        };
        let events = lines.split('\n').skip(skipped);
        Ok(EventBatch {
            first: after + 1,
            last: self.last_seq,
            events: events.map(Arc::from).collect(),
        })
    }
}

fn packed(lines: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(lines.as_bytes());
    written
        .and_then(|()| encoder.finish())
        .expect("a vector takes all bytes")
}

/// Unpacks the lines of an item, [`MAX_UNPACKED_BYTES`] at most.
fn unpacked(gzip: &[u8]) -> Result<String, StoreError> {
    let mut lines = String::new();
    let mut decoder = GzDecoder::new(gzip).take(MAX_UNPACKED_BYTES);
    decoder
        .read_to_string(&mut lines)
        .map_err(|error| StoreError::Corrupt(format!("a batch cannot be unpacked: {error}")))?;
    Ok(lines)
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
        item.map(|item| item.after(after)).transpose()
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

#[cfg(test)]
mod tests {
    use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

    use super::*;

    fn batch(first: u64, events: &[&str]) -> EventBatch {
        EventBatch {
            first,
            last: first + events.len() as u64 - 1,
            events: events.iter().copied().map(Arc::from).collect(),
        }
    }

    /// Text of a model, one token an event.
    fn tokens(count: u64) -> EventBatch {
        let event = |seq: u64| {
            let word = format!("w{:x}", seq.wrapping_mul(2_654_435_761) % 65_536);
            Arc::from(format!(
                r#"{{"type":"TEXT_MESSAGE_CONTENT","messageId":"m_5","delta":"{word} ","metadata":{{"lw.seq":{seq},"lw.run":"r_41xq"}}}}"#
            ))
        };
        EventBatch {
            first: 1,
            last: count,
            events: (1..=count).map(event).collect(),
        }
    }

    #[test]
    fn a_batch_is_read_back_byte_for_byte() {
        let lines = ["{\"a\":\"é\"}", "{}", "{\"b\": 1}"];
        let [item] = LogItem::split(&batch(5, &lines), 9)
            .try_into()
            .expect("one item");
        let stored = to_item(item).expect("an item");
        let read: LogItem = from_item(stored).expect("a batch");
        assert_eq!((read.first_seq, read.last_seq, read.ttl), (5, 7, 9));
        assert_eq!(read.after(5).expect("events"), batch(6, &lines[1..]));
    }

    #[test]
    fn a_batch_of_an_earlier_version_is_read() {
        let item = LogItem {
            first_seq: 1,
            last_seq: 2,
            gzip: None,
            lines: Some("{}\n{}".to_owned()),
            ttl: 9,
        };
        assert_eq!(item.after(0).expect("events"), batch(1, &["{}", "{}"]));
    }

    #[test]
    fn a_damaged_batch_is_an_error() {
        let item = LogItem {
            gzip: Some(ByteBuf::from(vec![1, 2, 3])),
            ..LogItem::new(1, 2, "{}", 9)
        };
        assert!(matches!(item.after(0), Err(StoreError::Corrupt(_))));
    }

    #[test]
    fn the_longest_answer_fits_a_transaction_and_a_second_of_a_partition() {
        let items = LogItem::split(&tokens(16_000), 9);
        let bytes: usize = items
            .iter()
            .map(|item| item.gzip.as_ref().expect("events").len())
            .sum();
        let raw: usize = tokens(16_000).events.iter().map(|event| event.len()).sum();
        assert!(items.len() < 99, "{} items", items.len());
        assert!(bytes < 4 << 20, "{bytes} bytes of {raw}");
        // A transaction costs two write units for each started kilobyte; a partition takes 1,000 in a second.
        let units: usize = items
            .iter()
            .map(|item| 2 * (item.gzip.as_ref().expect("events").len() / 1024 + 1))
            .sum();
        assert!(units < 1000, "{units} write units");
    }

    #[test]
    fn a_batch_of_more_than_300_kb_has_several_items() {
        let events = vec!["x".repeat(200_000); 3];
        let events: Vec<_> = events.iter().map(String::as_str).collect();
        let items = LogItem::split(&batch(4, &events), 9);
        let numbers: Vec<_> = items
            .iter()
            .map(|item| (item.first_seq, item.last_seq))
            .collect();
        assert_eq!(numbers, [(4, 4), (5, 5), (6, 6)]);
    }
}
