//! Stored messages of a thread.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use longwire_core::ids::{MessageId, RunId};
use longwire_core::message::Message;
use longwire_core::thread_key::ThreadKey;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::item::{Item, read};
use crate::retry::with_jitter;
use crate::threads::Threads;
use crate::threads::keys::{self, SORT};

/// Last stored messages of a thread.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// Messages, oldest first. Messages that this version cannot deserialize are left out.
    pub messages: Vec<StoredMessage>,
    /// Number of the last message.
    pub tip: u64,
    /// Key after which the query of older messages continues; `None` when there are none.
    older: Option<HashMap<String, AttributeValue>>,
}

/// Message as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredMessage {
    /// Number of the message in its generation of the thread, from 1.
    pub number: u64,
    /// The item has an expiry, because it was written before 0.1.0.
    pub expires: bool,
    /// The message itself.
    pub message: Message,
}

/// Attributes of a message's item, without its keys.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MessageItem {
    /// [`Message`] as JSON text. DynamoDB's own types would change numbers and empty sets.
    body: String,
    /// Expiry of an item written before 0.1.0, in seconds since 1970. Messages live as long as their thread.
    #[serde(default, skip_serializing)]
    ttl: Option<u64>,
}

impl MessageItem {
    /// Serializes a message.
    pub(super) fn new(message: &Message) -> Result<Self, StoreError> {
        let body = serde_json::to_string(message).map_err(StoreError::corrupt)?;
        Ok(Self { body, ttl: None })
    }

    /// Tells whether the item is that of this message.
    pub(super) fn holds(&self, message: &Message) -> bool {
        self.message().is_ok_and(|stored| stored == *message)
    }

    fn message(&self) -> Result<Message, StoreError> {
        serde_json::from_str(&self.body).map_err(StoreError::corrupt)
    }
}

impl StoredMessage {
    /// Deserializes an item of the table.
    fn read(number: u64, item: Item) -> Result<Self, StoreError> {
        let item: MessageItem = read(item)?;
        Ok(Self {
            number,
            expires: item.ttl.is_some(),
            message: item.message()?,
        })
    }

    /// Deserializes items of the table. One that a newer version wrote, or that was damaged, is logged and left out,
    /// so that it does not take the thread with it.
    pub(super) fn read_all(items: Vec<Item>) -> impl DoubleEndedIterator<Item = Self> {
        items.into_iter().filter_map(|item| {
            let (_, number) = place(&item)?;
            Self::read(number, item)
                .inspect_err(|error| {
                    tracing::error!(event = "message_unreadable", number, %error, "a stored message is left out");
                })
                .ok()
        })
    }
}

/// Generation and number in the key of a message's item.
fn place(item: &Item) -> Option<(u64, u64)> {
    keys::parse_message(item.get(SORT)?.as_s().ok()?)
}

impl History {
    /// Adds items, newest first, before the messages.
    fn prepend(
        &mut self,
        mut items: Vec<Item>,
        generation: u64,
        older: Option<HashMap<String, AttributeValue>>,
    ) {
        let places = items.iter().filter_map(place);
        let oldest = places.clone().next_back();
        self.older = older.filter(|_| oldest.is_none_or(|(other, _)| other == generation));
        let numbers = places.filter(|(other, _)| *other == generation);
        self.tip = numbers.fold(self.tip, |tip, (_, number)| tip.max(number));
        items.retain(|item| place(item).is_some_and(|(other, _)| other == generation));
        let mut messages: Vec<_> = StoredMessage::read_all(items).rev().collect();
        messages.append(&mut self.messages);
        self.messages = messages;
    }

    /// Number of the next message that this run stores. A message that the run stored before its tool calls ran
    /// keeps its number, because it is stored again before their results.
    pub fn next_number(&self, run_id: &RunId) -> u64 {
        match self.calling(run_id) {
            Some(number) => number,
            None => self.tip + 1,
        }
    }

    /// Number of the last message, if this run stored it before its tool calls ran.
    pub fn calling(&self, run_id: &RunId) -> Option<u64> {
        let last = self.messages.last()?;
        let calling = last.message.calling && last.message.run_id == *run_id;
        (calling && last.number == self.tip).then_some(last.number)
    }

    /// Tells whether the prompt of a run is among the messages.
    pub fn has_prompt(&self, run_id: &RunId, prompt: &MessageId) -> bool {
        self.messages
            .iter()
            .any(|stored| stored.message.run_id == *run_id && stored.message.id == *prompt)
    }

    /// Tells whether there are older messages.
    pub fn is_partial(&self) -> bool {
        self.older.is_some()
    }
}

/// Last items of messages in a thread's partition, read before its generation is known.
#[derive(Debug, Default)]
pub struct NewestMessages {
    /// Items, newest first.
    items: Vec<Item>,
    older: Option<HashMap<String, AttributeValue>>,
}

impl NewestMessages {
    /// Keeps the messages of one generation.
    pub fn of(self, generation: u64) -> History {
        let mut history = History::default();
        history.prepend(self.items, generation, self.older);
        history
    }
}

impl Threads {
    /// Reads the last `limit` items of messages consistently, those of former generations included. One query returns
    /// at most 1 MB, so large messages may be fewer.
    pub async fn newest_messages(
        &self,
        key: &ThreadKey,
        limit: i32,
    ) -> Result<NewestMessages, StoreError> {
        let query = self
            .query_prefix(key, keys::MESSAGES)
            .consistent_read(true)
            .limit(limit);
        let output = query.send().await?;
        Ok(NewestMessages {
            items: output.items.unwrap_or_default(),
            older: output.last_evaluated_key,
        })
    }

    /// Adds up to `limit` older messages to a history, at most 1 MB, in one consistent query. The history must have
    /// older messages ([`History::is_partial`]).
    pub async fn older_messages(
        &self,
        key: &ThreadKey,
        generation: u64,
        limit: i32,
        history: &mut History,
    ) -> Result<(), StoreError> {
        let query = self
            .query_prefix(key, &keys::messages(generation))
            .consistent_read(true)
            .limit(limit)
            .set_exclusive_start_key(history.older.clone());
        let output = with_jitter(|| async { Ok(query.clone().send().await?) }).await?;
        history.prepend(
            output.items.unwrap_or_default(),
            generation,
            output.last_evaluated_key,
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use longwire_core::message::Role;

    use super::*;
    use crate::item::s;

    fn item(generation: u64, number: u64, body: &str) -> Item {
        let sort = keys::message(generation, number);
        HashMap::from([(SORT.to_owned(), s(sort)), ("body".to_owned(), s(body))])
    }

    fn stored(generation: u64, number: u64, message: &Message) -> Item {
        let body = serde_json::to_string(message).expect("JSON");
        item(generation, number, &body)
    }

    fn newest(items: Vec<Item>) -> NewestMessages {
        NewestMessages { items, older: None }
    }

    #[test]
    fn a_message_stored_before_its_tool_calls_is_stored_again_under_its_number() {
        let (mine, other) = (RunId::trusted("r_1"), RunId::trusted("r_0"));
        let prompt = Message::user(MessageId::trusted("u_1"), mine.clone(), "?");
        let calling = |run: &RunId| Message {
            calling: true,
            ..Message::new(Role::Assistant, run.clone(), Vec::new())
        };
        let next = |messages: Vec<Message>| {
            let items = (7..).zip(messages);
            let mut items: Vec<_> = items
                .map(|(number, message)| stored(1, number, &message))
                .collect();
            items.reverse();
            newest(items).of(1).next_number(&mine)
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

    #[test]
    fn a_history_has_the_messages_of_one_generation() {
        let prompt = Message::user(MessageId::trusted("u_1"), RunId::trusted("r_1"), "?");
        let items = vec![stored(6, 1, &prompt), stored(5, 9, &prompt)];
        let history = newest(items).of(6);
        assert_eq!((history.messages.len(), history.tip), (1, 1));
        assert_eq!(NewestMessages::default().of(6), History::default());
    }

    #[test]
    fn an_unreadable_message_is_left_out_and_keeps_its_number() {
        let prompt = Message::user(MessageId::trusted("u_1"), RunId::trusted("r_1"), "?");
        let items = vec![item(6, 2, r#"{"role":"narrator"}"#), stored(6, 1, &prompt)];
        let history = newest(items).of(6);
        assert_eq!((history.messages.len(), history.tip), (1, 2));
        assert_eq!(history.next_number(&RunId::trusted("r_2")), 3);
    }
}
