//! Reading a thread's past for a client: pages of it, and the parts of a message too long for a page.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::Threads;
use super::item::s;
use super::keys::{self, PARTITION, SORT, ThreadKey};
use super::line::Meta;
use super::messages::Stored;
use crate::aws::fault::Fault;
use crate::ids::{MessageId, RunId};
use crate::message::Message;
use crate::wire::control::history::Shown;
use crate::wire::control::page::{Page, Place};

/// How many stored messages are asked for at once.
const CHUNK: i32 = 25;

/// The most stored messages that are searched for one message: a thread that long is read by pages.
const MAX_SEARCHED: usize = 500;

/// Above every number of eight digits.
const END: u64 = 99_999_999;

/// Which of a thread's messages a client may see.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The thread's own item.
    pub meta: &'a Meta,
    /// The run that has not ended, if there is one: but for the user's words, its messages are its lines'
    /// business until then.
    pub unfinished: Option<&'a RunId>,
}

impl View<'_> {
    fn shows(&self, message: &Message) -> bool {
        self.unfinished != Some(&message.run_id) || message.is_plain_user()
    }

    fn parts(&self, message: &Message) -> Vec<Shown> {
        if self.shows(message) {
            Shown::all(message)
        } else {
            Vec::new()
        }
    }
}

/// Stored messages, newest first, chunk by chunk.
struct Backwards<'a> {
    threads: &'a Threads,
    key: &'a ThreadKey,
    born: u64,
    /// The highest number that is still wanted.
    highest: u64,
    from: Option<HashMap<String, AttributeValue>>,
    done: bool,
}

impl Threads {
    /// A page of at most `limit` messages, the last before a place or the last of all, and the place
    /// before them when there are more.
    pub async fn page(
        &self,
        key: &ThreadKey,
        view: View<'_>,
        limit: usize,
        before: Option<Place>,
    ) -> Result<(Vec<Shown>, Option<Place>), Fault> {
        let before = before.unwrap_or(Place {
            number: END,
            part: 0,
        });
        let mut page = Page::new(limit);
        let mut stored = Backwards::new(self, key, view.meta.born, before.number);
        while let Some(chunk) = stored.next().await? {
            for (number, message) in chunk {
                let mut parts = view.parts(&message);
                if number == before.number {
                    parts.truncate(before.part);
                }
                for (part, shown) in parts.into_iter().enumerate().rev() {
                    if !page.add(Place { number, part }, shown) {
                        return Ok(page.finish());
                    }
                }
            }
        }
        Ok((page.finish().0, None))
    }

    /// The message of that id, whole; `None` when there is none that may be seen.
    pub async fn shown(
        &self,
        key: &ThreadKey,
        view: View<'_>,
        id: &MessageId,
    ) -> Result<Option<Shown>, Fault> {
        let mut stored = Backwards::new(self, key, view.meta.born, END);
        let mut searched = 0;
        while let Some(chunk) = stored.next().await? {
            searched += chunk.len();
            let parts = chunk.iter().flat_map(|(_, message)| view.parts(message));
            if let Some(found) = parts.into_iter().find(|shown| shown.id == *id) {
                return Ok(Some(found));
            }
            if searched >= MAX_SEARCHED {
                break;
            }
        }
        Ok(None)
    }
}

impl<'a> Backwards<'a> {
    fn new(threads: &'a Threads, key: &'a ThreadKey, born: u64, highest: u64) -> Self {
        Self {
            threads,
            key,
            born,
            highest: highest.min(END),
            from: None,
            done: false,
        }
    }

    /// The next messages with their numbers; `None` when there are no more.
    async fn next(&mut self) -> Result<Option<Vec<(u64, Message)>>, Fault> {
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
            .map(|item| Stored::read(item).map(|stored| (stored.number, stored.message)))
            .collect::<Result<_, _>>()
            .map(Some)
    }
}
