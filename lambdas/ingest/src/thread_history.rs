//! Messages of a thread for its clients: pages of them, and single ones that are too long for a page.

use longwire_core::ids::{MessageId, RunId};
use longwire_core::message::Message;
use longwire_core::thread_key::ThreadKey;
use longwire_protocol::response::history::{HistoryMessage, Pending};
use longwire_protocol::response::page::{Page, PageCursor};
use longwire_store::error::StoreError;
use longwire_store::threads::Threads;
use longwire_store::threads::backwards::END;

/// Most stored messages that are searched for one message. Clients read longer threads in pages.
const MAX_SEARCHED: usize = 500;

/// Messages of a thread that its clients may read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ThreadHistory<'a> {
    /// Table of the thread.
    pub threads: &'a Threads,
    /// Key of the thread.
    pub key: &'a ThreadKey,
    /// Generation of the thread.
    pub generation: u64,
    /// Active run that has not ended. Only the message with which it begins may be read; the others are in the run's events.
    pub unfinished: Option<&'a Unfinished>,
}

/// Run that has not ended.
#[derive(Debug)]
pub(crate) struct Unfinished {
    /// Id of the run.
    pub run_id: RunId,
    /// Id of the message with which it begins: a prompt, or results of calls that earlier runs left open, with or without one.
    pub message_id: MessageId,
}

impl Unfinished {
    /// Tells whether a message is one of those that the run has made since it began.
    fn made(&self, message: &Message) -> bool {
        message.run_id == self.run_id && !message.is_prompt() && message.id != self.message_id
    }
}

impl ThreadHistory<'_> {
    /// Reads a page of at most `limit` messages, beside what the thread waits for: the last before a cursor, or the last of the
    /// thread. Returns the cursor of the page before it when there are more messages.
    pub(crate) async fn page(
        &self,
        limit: usize,
        before: Option<PageCursor>,
        pending: &Pending,
    ) -> Result<(Vec<HistoryMessage>, Option<PageCursor>), StoreError> {
        let before = before.unwrap_or(PageCursor {
            number: END,
            part: 0,
        });
        let mut page = Page::new(limit, pending);
        let mut stored = self
            .threads
            .messages_backwards(self.key, self.generation, before.number);
        while let Some(chunk) = stored.next().await? {
            for (number, message) in chunk {
                let mut parts = self.visible(&message);
                if number == before.number {
                    parts.truncate(before.part);
                }
                for (part, message) in parts.into_iter().enumerate().rev() {
                    if !page.add(PageCursor { number, part }, message) {
                        return Ok(page.finish());
                    }
                }
            }
        }
        Ok((page.finish().0, None))
    }

    /// Finds the message of this id among the last 500 stored ones.
    pub(crate) async fn message(
        &self,
        id: &MessageId,
    ) -> Result<Option<HistoryMessage>, StoreError> {
        let mut stored = self
            .threads
            .messages_backwards(self.key, self.generation, END);
        let mut searched = 0;
        while let Some(chunk) = stored.next().await? {
            searched += chunk.len();
            let mut messages = chunk.iter().flat_map(|(_, message)| self.visible(message));
            if let Some(found) = messages.find(|message| message.id == *id) {
                return Ok(Some(found));
            }
            if searched >= MAX_SEARCHED {
                break;
            }
        }
        Ok(None)
    }

    fn visible(&self, stored: &Message) -> Vec<HistoryMessage> {
        if self.unfinished.is_some_and(|run| run.made(stored)) {
            return Vec::new();
        }
        HistoryMessage::from_stored(stored)
    }
}
