//! Commits: what a worker stores with one write of its run's row.

use aws_sdk_dynamodb::types::TransactWriteItem;
use longwire_core::event_batch::EventBatch;
use longwire_core::ids::MessageId;
use longwire_core::message::{Message, Usage};
use longwire_core::run::RunRow;
use longwire_core::run_frame::RunFrame;

use crate::error::StoreError;
use crate::item::s;
use crate::threads::event_log::LogItem;
use crate::threads::frame::FrameItem;
use crate::threads::keys;
use crate::threads::lease::RunLease;
use crate::threads::message_id::{FREE, MessageIdItem};
use crate::threads::messages::MessageItem;
use crate::threads::progress::Progress;
use crate::transact::put_item;

/// Messages and events that one transaction stores, at most 99 items and 4 MB (DynamoDB, "TransactWriteItems").
/// Times are seconds since 1970.
#[derive(Debug, Default)]
pub struct Commit<'a> {
    /// Messages with their numbers in the thread.
    pub messages: Vec<(u64, &'a Message)>,
    /// Number of a message that replaces the one stored before its tool calls ran; no other message replaces one.
    pub replaces: Option<u64>,
    /// Id of the user message among the messages, when its client chose it.
    pub reserved_id: Option<&'a MessageId>,
    /// Frame of the run; `None` when it is stored or the run has none yet.
    pub frame: Option<&'a RunFrame>,
    /// Events since the last commit; `None` when there are none.
    pub events: Option<&'a EventBatch>,
    /// Expiry of the events and the frame.
    pub events_ttl: u64,
    /// Tokens that the run used so far.
    pub usage: Usage,
    /// Number of texts of the user that are stored as messages, those of the commit included; `None` for a run that takes
    /// in none. An end is stored only when the run has accepted no other.
    pub steered: Option<u32>,
}

impl Commit<'_> {
    /// Number of the last message of the commit.
    pub fn tip(&self) -> Option<u64> {
        self.messages.last().map(|&(number, _)| number)
    }

    /// Tells whether the row says that the commit is stored.
    pub(super) fn stored_in(&self, row: &RunRow) -> bool {
        let events = self.events.is_none_or(|events| row.last_seq >= events.last);
        events
            && self
                .tip()
                .is_none_or(|last| row.tip.is_some_and(|tip| tip >= last))
    }
}

impl RunLease {
    /// Puts of a commit: messages, the reserved id, events. A message never replaces another one, except one that this
    /// run stored before its tool calls ran.
    pub(super) fn puts(&self, commit: &Commit<'_>) -> Result<Vec<TransactWriteItem>, StoreError> {
        let mut puts = Vec::new();
        for &(number, message) in &commit.messages {
            let sort = keys::message(self.generation, number);
            let condition = if commit.replaces == Some(number) {
                "attribute_exists(body)"
            } else {
                "attribute_not_exists(body)"
            };
            let put = self
                .threads
                .put(&self.key, sort, MessageItem::new(message)?)?;
            puts.push(put_item(put.condition_expression(condition))?);
        }
        if let (Some(id), Some(&(number, _))) = (commit.reserved_id, commit.messages.first()) {
            puts.push(self.number_message_id(id, number)?);
        }
        if let Some(frame) = commit.frame {
            let sort = keys::frame(&self.run_id);
            let item = FrameItem::new(frame, commit.events_ttl)?;
            puts.push(put_item(self.threads.put(&self.key, sort, item)?)?);
        }
        let batches = commit.events.into_iter();
        for item in batches.flat_map(|batch| LogItem::split(batch, commit.events_ttl)) {
            let sort = keys::events(&self.run_id, item.first_seq);
            puts.push(put_item(self.threads.put(&self.key, sort, item)?)?);
        }
        Ok(puts)
    }

    /// Put of a reserved message id with the number of its message.
    fn number_message_id(
        &self,
        id: &MessageId,
        number: u64,
    ) -> Result<TransactWriteItem, StoreError> {
        let item = MessageIdItem {
            run_id: self.run_id.clone(),
            number: Some(number),
            steer: false,
            ttl: None,
        };
        let sort = keys::message_id(self.generation, id);
        put_item(
            self.threads
                .put(&self.key, sort, item)?
                .condition_expression(FREE)
                .expression_attribute_values(":run", s(self.run_id.as_str())),
        )
    }

    pub(super) fn progress(&self, commit: &Commit<'_>) -> Progress {
        Progress {
            usage: commit.usage,
            last_seq: commit.events.map(|events| events.last),
            tip: commit.tip().map(|tip| (self.generation, tip)),
            steered: commit.steered,
        }
    }

    /// Tells whether the messages of a commit are stored: an earlier request took effect.
    pub(super) async fn has_stored(&self, commit: &Commit<'_>) -> Result<bool, StoreError> {
        for &(number, message) in &commit.messages {
            let sort = keys::message(self.generation, number);
            let stored: Option<MessageItem> = self.threads.get(&self.key, sort).await?;
            if !stored.is_some_and(|stored| stored.holds(message)) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
