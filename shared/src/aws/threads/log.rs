//! A run's lines in the durable log.

use serde::{Deserialize, Serialize};

use super::Threads;
use super::item::{read, s};
use super::keys::{self, PARTITION, SORT, ThreadKey};
use crate::aws::fault::Fault;
use crate::ids::RunId;
use crate::sender::handle::Batch;

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
    pub fn split(batch: &Batch, ttl: u64) -> Vec<Self> {
        let mut items: Vec<Self> = Vec::new();
        for (seq, line) in (batch.first..).zip(&batch.lines) {
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
}

impl Threads {
    /// The last batch of a run's lines, joined with `\n`; empty when nothing was logged.
    pub async fn last_lines(&self, key: &ThreadKey, run_id: &RunId) -> Result<String, Fault> {
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
        Ok(last.map(|item| item.lines).unwrap_or_default())
    }
}
