//! Reading a thread's past for a client: pages of it, and the parts of a message too long for a page.

use longwire_core::ids::{MessageId, RunId};
use longwire_core::message::Message;
use longwire_core::thread_key::ThreadKey;
use longwire_protocol::response::history::HistoryMessage;
use longwire_protocol::response::page::{Page, Place};
use longwire_store::error::StoreError;
use longwire_store::threads::Threads;
use longwire_store::threads::backwards::END;
use longwire_store::threads::run_queue::Meta;

/// The most stored messages that are searched for one message: a thread that long is read by pages.
const MAX_SEARCHED: usize = 500;

/// Which of a thread's messages a client may see.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
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

    fn parts(&self, message: &Message) -> Vec<HistoryMessage> {
        if self.shows(message) {
            HistoryMessage::all(message)
        } else {
            Vec::new()
        }
    }
}

/// A page of at most `limit` messages, the last before a place or the last of all, and the place
/// before them when there are more.
pub(crate) async fn page(
    threads: &Threads,
    key: &ThreadKey,
    view: View<'_>,
    limit: usize,
    before: Option<Place>,
) -> Result<(Vec<HistoryMessage>, Option<Place>), StoreError> {
    let before = before.unwrap_or(Place {
        number: END,
        part: 0,
    });
    let mut page = Page::new(limit);
    let mut stored = threads.messages_backwards(key, view.meta.born, before.number);
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
pub(crate) async fn shown(
    threads: &Threads,
    key: &ThreadKey,
    view: View<'_>,
    id: &MessageId,
) -> Result<Option<HistoryMessage>, StoreError> {
    let mut stored = threads.messages_backwards(key, view.meta.born, END);
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
