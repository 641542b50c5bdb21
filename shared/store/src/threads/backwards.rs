//! Reading a thread's messages backwards, for the pages of its history.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use longwire_core::message::Message;
use longwire_core::thread_key::ThreadKey;

use crate::error::StoreError;
use crate::threads::Threads;
use crate::threads::keys;
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
    generation: u64,
    /// Highest message number to return.
    highest: u64,
    /// Key of the last item read, for the next query.
    from: Option<HashMap<String, AttributeValue>>,
    done: bool,
}

impl Threads {
    /// Prepares to read the messages of a generation of the thread from number `highest` downwards. The first call of
    /// [`Backwards::next`] sends the first query.
    pub fn messages_backwards<'a>(
        &'a self,
        key: &'a ThreadKey,
        generation: u64,
        highest: u64,
    ) -> Backwards<'a> {
        Backwards {
            threads: self,
            key,
            generation,
            highest: highest.min(END),
            from: None,
            done: false,
        }
    }
}

impl Backwards<'_> {
    /// Reads up to 25 further messages consistently and returns them with their numbers, newest first; `None` after
    /// the oldest one.
    pub async fn next(&mut self) -> Result<Option<Vec<(u64, Message)>>, StoreError> {
        if self.done {
            return Ok(None);
        }
        let first = keys::messages(self.generation);
        let last = keys::message(self.generation, self.highest);
        let output = self
            .threads
            .query_range(self.key, first, last)
            .consistent_read(true)
            .limit(CHUNK)
            .set_exclusive_start_key(self.from.take())
            .send()
            .await?;
        self.from = output.last_evaluated_key;
        self.done = self.from.is_none();
        let messages = StoredMessage::read_all(output.items.unwrap_or_default());
        Ok(Some(
            messages
                .map(|stored| (stored.number, stored.message))
                .collect(),
        ))
    }
}
