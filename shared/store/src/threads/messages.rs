//! A thread's stored messages.

use crate::error::StoreError;
use crate::threads::Threads;
use crate::threads::item::{Item, MessageItem, n, read, s};
use crate::threads::keys;
use crate::threads::keys::{PARTITION, SORT};
use longwire_core::ids::RunId;
use longwire_core::message::Message;
use longwire_core::thread_key::ThreadKey;

/// The stored end of a conversation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// Messages with their numbers in the thread, oldest first.
    pub messages: Vec<StoredMessage>,
}

/// A stored message.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredMessage {
    /// When the thread it belongs to was born. A thread born again does not see its former messages.
    pub born: u64,
    /// Its number in the thread.
    pub number: u64,
    /// When the table forgets it, in seconds since 1970; absent: never.
    pub ttl: Option<u64>,
    /// The message.
    pub message: Message,
}

impl History {
    /// The messages of the thread that was born at `born`, and that are not forgotten at `now`.
    pub fn of(mut self, born: u64, now: u64) -> Self {
        self.messages
            .retain(|stored| stored.born == born && stored.ttl.is_none_or(|ttl| ttl > now));
        self
    }

    /// The number the next message of this run gets. A turn of its own that was stored before its calls were
    /// made comes next: it is stored once more, with their results.
    pub fn next_number(&self, run: &RunId) -> u64 {
        match self.messages.last() {
            Some(StoredMessage {
                number, message, ..
            }) if message.calling && message.run_id == *run => *number,
            Some(stored) => stored.number + 1,
            None => 1,
        }
    }
}

impl Threads {
    /// The last `limit` messages of a thread, whichever birth they belong to, read consistently. One page
    /// of DynamoDB, 1 MB, bounds them all the same.
    pub async fn history(&self, key: &ThreadKey, limit: i32) -> Result<History, StoreError> {
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("#thread = :thread AND begins_with(#item, :messages)")
            .expression_attribute_names("#thread", PARTITION)
            .expression_attribute_names("#item", SORT)
            .expression_attribute_values(":thread", s(key.partition()))
            .expression_attribute_values(":messages", s(keys::MESSAGES))
            .scan_index_forward(false)
            .limit(limit)
            .send()
            .await?;
        let mut messages = output
            .items
            .unwrap_or_default()
            .into_iter()
            .map(StoredMessage::read)
            .collect::<Result<Vec<_>, _>>()?;
        messages.reverse();
        Ok(History { messages })
    }
}

impl StoredMessage {
    pub(super) fn read(item: Item) -> Result<Self, StoreError> {
        let (born, number) = item
            .get(SORT)
            .and_then(|sort| sort.as_s().ok())
            .and_then(|sort| keys::parse_message(sort))
            .ok_or_else(|| StoreError::Corrupt("a message's key has no number".to_owned()))?;
        let body: MessageItem = read(item)?;
        Ok(Self {
            born,
            number,
            ttl: body.ttl,
            message: body.message()?,
        })
    }
}

impl Threads {
    /// Keeps messages until `ttl` (seconds since 1970). Those that are gone already stay gone.
    pub async fn prolong(
        &self,
        key: &ThreadKey,
        messages: &[StoredMessage],
        ttl: u64,
    ) -> Result<(), StoreError> {
        let requests = messages.iter().map(|stored| async move {
            let sort = keys::message(stored.born, stored.number);
            let request = self
                .client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(keys::item(key, sort)));
            let kept = request
                .update_expression("SET #ttl = :ttl")
                .condition_expression("attribute_exists(#item)")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_names("#item", SORT)
                .expression_attribute_values(":ttl", n(ttl))
                .send()
                .await;
            match kept.map_err(StoreError::from) {
                Ok(_) | Err(StoreError::ConditionFailed) => Ok(()),
                Err(fault) => Err(fault),
            }
        });
        futures::future::try_join_all(requests).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use longwire_core::ids::MessageId;
    use longwire_core::message::Role;

    #[test]
    fn a_turn_whose_calls_were_being_made_is_written_once_more() {
        let (mine, other) = (RunId::trusted("r_1"), RunId::trusted("r_0"));
        let prompt = Message::user(MessageId::trusted("u_1"), mine.clone(), "?");
        let calling = |run: &RunId| Message {
            calling: true,
            ..Message::new(Role::Assistant, run.clone(), Vec::new())
        };
        let stored = |(number, message)| StoredMessage {
            born: 1,
            number,
            ttl: None,
            message,
        };
        let next = |messages: Vec<Message>| {
            let messages = (7..).zip(messages).map(stored).collect();
            History { messages }.next_number(&mine)
        };
        assert_eq!(next(Vec::new()), 1);
        assert_eq!(next(vec![prompt.clone()]), 8);
        assert_eq!(next(vec![prompt.clone(), calling(&mine)]), 8);
        assert_eq!(next(vec![calling(&other), prompt]), 9);
        assert_eq!(next(vec![calling(&other)]), 8, "it stays as it is");
    }
}
