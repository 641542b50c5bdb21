//! Reading a thread's messages backwards, for its history.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use longwire_core::message::Message;
use longwire_core::thread_key::ThreadKey;

use crate::error::StoreError;
use crate::threads::Threads;
use crate::threads::item::s;
use crate::threads::keys::{self, PARTITION, SORT};
use crate::threads::messages::StoredMessage;

/// Messages per query.
const CHUNK: i32 = 25;

/// Number above that of any message; numbers have eight digits in sort keys.
pub const END: u64 = 99_999_999;

/// Stored messages of a thread, newest first, one query at a time.
#[derive(Debug)]
pub struct Backwards<'a> {
    threads: &'a Threads,
    key: &'a ThreadKey,
    born: u64,
    /// Highest message number to return.
    highest: u64,
    from: Option<HashMap<String, AttributeValue>>,
    done: bool,
}

impl Threads {
    /// Reads the messages of the thread born at `born` from number `highest` downwards.
    pub fn messages_backwards<'a>(
        &'a self,
        key: &'a ThreadKey,
        born: u64,
        highest: u64,
    ) -> Backwards<'a> {
        Backwards {
            threads: self,
            key,
            born,
            highest: highest.min(END),
            from: None,
            done: false,
        }
    }
}

impl Backwards<'_> {
    /// Returns the next messages with their numbers, newest first; `None` after the oldest one.
    pub async fn next(&mut self) -> Result<Option<Vec<(u64, Message)>>, StoreError> {
        if self.done {
            return Ok(None);
        }
        let answer = self
            .threads
            .client
            .query()
            .table_name(&self.threads.table)
            .consistent_read(true)
            .key_condition_expression("#thread = :thread AND #item BETWEEN :first AND :last")
            .expression_attribute_names("#thread", PARTITION)
            .expression_attribute_names("#item", SORT)
            .expression_attribute_values(":thread", s(self.key.partition()))
            .expression_attribute_values(":first", s(keys::messages(self.born)))
            .expression_attribute_values(":last", s(keys::message(self.born, self.highest)))
            .scan_index_forward(false)
            .limit(CHUNK)
            .set_exclusive_start_key(self.from.take())
            .send()
            .await?;
        self.from = answer.last_evaluated_key;
        self.done = self.from.is_none();
        let items = answer.items.unwrap_or_default().into_iter();
        items
            .map(|item| StoredMessage::read(item).map(|stored| (stored.number, stored.message)))
            .collect::<Result<_, _>>()
            .map(Some)
    }
}
