//! Texts that a user sends to an unfinished run. Each is an item of its own; the run's row counts them (`steers`) and those that
//! are stored as messages (`steered`), so that the worker, which polls the row, knows when to read them.
//!
//! One transaction writes the text and counts it. It excludes the end of the run by its condition, and the end excludes it, so a
//! text is either accepted and becomes a message, or finds the run ended.

use aws_sdk_dynamodb::types::TransactWriteItem;
use longwire_core::ids::{MessageId, RunId};
use longwire_core::message::Message;
use longwire_core::run::{RunRow, RunStatus};
use longwire_core::thread_key::ThreadKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::error::StoreError;
use crate::item::{n, read};
use crate::retry::with_jitter;
use crate::threads::Threads;
use crate::threads::keys;
use crate::threads::message_id::MessageIdItem;
use crate::threads::meta::Meta;
use crate::threads::record::RUN_TTL;
use crate::threads::transition::Transition;
use crate::transact::{Transacted, put_item, update_item};

/// Most texts that may wait for their run: accepted, and not stored as messages.
pub const MAX_WAITING: u32 = 5;

/// Rounds of [`Threads::steer`]. Each one that fails lets another text in, or the worker takes in those that wait.
const MAX_ROUNDS: usize = 8;

/// Text that a user sends to an unfinished run.
#[derive(Debug, Clone, Copy)]
pub struct NewText<'a> {
    /// Id of its message.
    pub message_id: &'a MessageId,
    /// The client chose that id, so another message of the thread may have it, and the request may be a repetition.
    pub reserves_id: bool,
    /// The text.
    pub text: &'a str,
    /// Current time, in seconds since 1970.
    pub now: u64,
}

/// Outcome of sending a text to a run.
#[derive(Debug, Clone, PartialEq)]
pub enum SteerOutcome {
    /// The text is durable, and the run takes it in. The row of the run before it, and the head of the thread's run queue.
    Accepted(Box<RunRow>, Option<RunId>),
    /// The run has accepted a text with this message id before.
    Duplicate,
    /// As many texts wait as may.
    Full,
    /// The message id belongs to another message of the thread.
    MessageIdTaken,
    /// The run has ended, and did not take the text.
    Ended,
    /// The thread has no such run.
    Missing,
}

/// Item of a text, without its keys.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TextItem {
    message_id: MessageId,
    text: String,
    ttl: u64,
}

impl Threads {
    /// Sends a text to a run. Fails with [`StoreError::ConditionFailed`] when the row changes too often meanwhile.
    pub async fn steer(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        text: NewText<'_>,
    ) -> Result<SteerOutcome, StoreError> {
        for _ in 0..MAX_ROUNDS {
            let Some((row, meta)) = self.run(key, run_id, text.now).await? else {
                return Ok(SteerOutcome::Missing);
            };
            // Read after the row: an ended run accepts no more texts.
            if let Some(outcome) = self.id_taken(key, &meta, run_id, &row, text).await? {
                return Ok(outcome);
            }
            if row.status.ended() {
                return Ok(SteerOutcome::Ended);
            }
            // A start that is not in the run queue may be taken back.
            if row.status == RunStatus::Queued && meta.position(run_id).is_none() {
                return Ok(SteerOutcome::Missing);
            }
            if row.steers.saturating_sub(row.steered) >= MAX_WAITING {
                return Ok(SteerOutcome::Full);
            }
            let items = self.accept(key, &meta, run_id, &row, text)?;
            if self.transact(&items).await? == Transacted::Done {
                return Ok(SteerOutcome::Accepted(Box::new(row), meta.into_active()));
            }
        }
        Err(StoreError::ConditionFailed)
    }

    /// Reads the texts of a run after number `after`, up to number `last`, as messages.
    pub async fn steer_texts(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        after: u32,
        last: u32,
    ) -> Result<Vec<Message>, StoreError> {
        let first = keys::steer(run_id, after.saturating_add(1));
        let query = self
            .query_range(key, first, keys::steer(run_id, last))
            .consistent_read(true);
        let output = with_jitter(|| async { Ok(query.clone().send().await?) }).await?;
        let items = output.items.unwrap_or_default();
        if u32::try_from(items.len()) != Ok(last.saturating_sub(after)) {
            let missing = "a text that was sent to the run is missing".to_owned();
            return Err(StoreError::Corrupt(missing));
        }
        let message = |item| {
            let TextItem {
                message_id, text, ..
            } = read(item)?;
            Ok(Message::steered(message_id, run_id.clone(), text))
        };
        items.into_iter().rev().map(message).collect()
    }

    /// Tells what a text is whose message id the client chose, if the thread has a message with it.
    async fn id_taken(
        &self,
        key: &ThreadKey,
        meta: &Meta,
        run_id: &RunId,
        row: &RunRow,
        text: NewText<'_>,
    ) -> Result<Option<SteerOutcome>, StoreError> {
        if !text.reserves_id {
            return Ok(None);
        }
        if row.message_id == *text.message_id {
            return Ok(Some(SteerOutcome::MessageIdTaken));
        }
        let sort = keys::message_id(meta.generation, text.message_id);
        let item: Option<MessageIdItem> = with_jitter(|| self.get(key, sort.clone())).await?;
        let valid = |item: &MessageIdItem| item.ttl.is_none_or(|ttl| ttl > text.now);
        let Some(item) = item.filter(valid) else {
            return Ok(None);
        };
        if item.steer && item.run_id == *run_id {
            return Ok(Some(SteerOutcome::Duplicate));
        }
        // The run had ended when the text was sent first, and it became the prompt of another run.
        let repeated = item.run_id == prompt_run(run_id, text.message_id);
        let taken = !(row.status.ended() && repeated);
        Ok(taken.then_some(SteerOutcome::MessageIdTaken))
    }

    /// Writes of an accepted text.
    fn accept(
        &self,
        key: &ThreadKey,
        meta: &Meta,
        run_id: &RunId,
        row: &RunRow,
        text: NewText<'_>,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let count = Transition::AcceptText { row }
            .expression()?
            .into_transaction()
            .table_name(&self.table)
            .set_key(Some(keys::item(key, keys::run(run_id))));
        // The count gives the number to this text alone; an earlier run of the same id may have left an item.
        let sort = keys::steer(run_id, row.steers.saturating_add(1));
        let item = TextItem {
            message_id: text.message_id.clone(),
            text: text.text.to_owned(),
            ttl: text.now + RUN_TTL,
        };
        let mut items = vec![update_item(count)?, put_item(self.put(key, sort, item)?)?];
        if text.reserves_id {
            let sort = keys::message_id(meta.generation, text.message_id);
            let item = MessageIdItem {
                run_id: run_id.clone(),
                number: None,
                steer: true,
                ttl: None,
            };
            let put = self
                .put(key, sort, item)?
                .condition_expression("attribute_not_exists(runId) OR #ttl <= :now")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":now", n(text.now));
            items.push(put_item(put)?);
        }
        Ok(items)
    }
}

/// Id of the run that a text starts when the run that it was sent to has ended: the same for each repetition, so that it starts
/// once. Hexadecimal digits of a hash, because two ids may be longer together than one.
pub fn prompt_run(run_id: &RunId, message_id: &MessageId) -> RunId {
    let mut hash = Sha256::new();
    hash.update(run_id.as_str());
    // No id contains a line end.
    hash.update("\n");
    hash.update(message_id.as_str());
    let bytes: [u8; 32] = hash.finalize().into();
    let (first, _) = bytes.split_at(8);
    let name: String = first.iter().map(|byte| format!("{byte:02x}")).collect();
    RunId::trusted(format!("r_{name}"))
}
