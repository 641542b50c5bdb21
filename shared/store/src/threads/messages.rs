//! Stored messages of a thread.

use longwire_core::ids::RunId;
use longwire_core::message::Message;
use longwire_core::thread_key::ThreadKey;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::item::{Item, n, read};
use crate::threads::Threads;
use crate::threads::keys::{self, SORT};

/// Last stored messages of a thread.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// Messages, oldest first.
    pub messages: Vec<StoredMessage>,
}

/// Message as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredMessage {
    /// Birth of the thread that the message belongs to, in seconds since 1970. A thread that was created anew after
    /// its expiry does not contain its former messages.
    pub born: u64,
    /// Number of the message in the thread.
    pub number: u64,
    /// Expiry, in seconds since 1970; `None` for a message without one.
    pub ttl: Option<u64>,
    /// The message itself.
    pub message: Message,
}

/// Attributes of a message's item, without its keys.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MessageItem {
    /// [`Message`] as JSON text. DynamoDB's own types would change numbers and empty sets.
    body: String,
    /// Expiry, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ttl: Option<u64>,
}

impl MessageItem {
    /// Serializes a message.
    pub(super) fn new(message: &Message, ttl: Option<u64>) -> Result<Self, StoreError> {
        let body = serde_json::to_string(message).map_err(corrupt)?;
        Ok(Self { body, ttl })
    }

    fn message(&self) -> Result<Message, StoreError> {
        serde_json::from_str(&self.body).map_err(corrupt)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "map_err passes a value")]
fn corrupt(error: serde_json::Error) -> StoreError {
    StoreError::Corrupt(error.to_string())
}

impl StoredMessage {
    /// Deserializes an item of the table.
    pub(super) fn read(item: Item) -> Result<Self, StoreError> {
        let (born, number) = item
            .get(SORT)
            .and_then(|sort| sort.as_s().ok())
            .and_then(|sort| keys::parse_message(sort))
            .ok_or_else(|| StoreError::Corrupt("a message's key has no number".to_owned()))?;
        let item: MessageItem = read(item)?;
        Ok(Self {
            born,
            number,
            ttl: item.ttl,
            message: item.message()?,
        })
    }
}

impl History {
    /// Keeps the messages of the thread born at `born` that are not expired at `now`, both in seconds since 1970.
    pub fn of(mut self, born: u64, now: u64) -> Self {
        self.messages
            .retain(|stored| stored.born == born && stored.ttl.is_none_or(|ttl| ttl > now));
        self
    }

    /// Number of the next message that this run stores. A message that the run stored before its tool calls ran
    /// keeps its number, because it is stored again before their results.
    pub fn next_number(&self, run_id: &RunId) -> u64 {
        match self.messages.last() {
            Some(StoredMessage {
                number, message, ..
            }) if message.calling && message.run_id == *run_id => *number,
            Some(stored) => stored.number + 1,
            None => 1,
        }
    }
}

impl Threads {
    /// Reads the last `limit` messages of a thread consistently, including those from before it expired
    /// ([`History::of`]). One query returns at most 1 MB, so large messages may be fewer.
    pub async fn history(&self, key: &ThreadKey, limit: i32) -> Result<History, StoreError> {
        let query = self
            .query_prefix(key, keys::MESSAGES)
            .consistent_read(true)
            .limit(limit);
        let items = query.send().await?.items.unwrap_or_default();
        let oldest_first = items.into_iter().rev().map(StoredMessage::read);
        let messages = oldest_first.collect::<Result<_, _>>()?;
        Ok(History { messages })
    }

    /// Sets the expiry of messages to `ttl`, in seconds since 1970. Messages that were deleted stay deleted.
    pub async fn prolong(
        &self,
        key: &ThreadKey,
        messages: &[StoredMessage],
        ttl: u64,
    ) -> Result<(), StoreError> {
        let requests = messages.iter().map(|stored| async move {
            let sort = keys::message(stored.born, stored.number);
            let sent = self
                .client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(keys::item(key, sort)))
                .update_expression("SET #ttl = :ttl")
                .condition_expression("attribute_exists(#item)")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_names("#item", SORT)
                .expression_attribute_values(":ttl", n(ttl))
                .send()
                .await;
            match sent.map_err(StoreError::from) {
                Ok(_) | Err(StoreError::ConditionFailed) => Ok(()),
                Err(error) => Err(error),
            }
        });
        futures::future::try_join_all(requests).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use longwire_core::ids::MessageId;
    use longwire_core::message::Role;

    use super::*;

    #[test]
    fn a_message_stored_before_its_tool_calls_is_stored_again_under_its_number() {
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
        assert_eq!(
            next(vec![calling(&other)]),
            8,
            "a message of another run keeps its number"
        );
    }
}
