//! `history`: reads messages of a thread.

use longwire_core::ids::{MessageId, ThreadId};

use crate::request::fields::Fields;
use crate::request::legacy;
use crate::response::error::{ErrorResponse, invalid};
use crate::response::page::PageCursor;

/// Most messages of a page.
const MAX_LIMIT: u64 = 100;

/// Number of messages of a page when the request does not say.
const DEFAULT_LIMIT: u64 = 20;

/// Longest page cursor, in bytes.
const MAX_CURSOR_BYTES: usize = 64;

/// Request for messages of a thread. The response is a [`HistoryPage`](crate::response::history::HistoryPage).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Thread; absent: the connection's.
    pub thread_id: Option<ThreadId>,
    /// Messages to read.
    pub selection: Selection,
}

/// Selection of a thread's messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Page of messages: the last of the thread, or the last before a cursor.
    Page {
        /// Most messages on the page, 1–100.
        limit: usize,
        /// Cursor.
        before: Option<PageCursor>,
    },
    /// Part of a message that is too long for a page.
    Part {
        /// Id of the message.
        message_id: MessageId,
        /// First byte of the part in the message's content.
        offset: usize,
    },
}

impl History {
    /// Parses the fields of the request.
    pub(super) fn parse(fields: &Fields<'_>) -> Result<Self, ErrorResponse> {
        let limit = limit(fields)?;
        let before = fields.text("before")?;
        let message_id = fields.id("messageId", MessageId::parse)?;
        let selection = match (message_id, fields.get("offset")?) {
            (Some(message_id), offset) => Selection::Part {
                message_id,
                offset: offset.unwrap_or(0),
            },
            (None, Some(_)) => return Err(invalid("`offset` needs a `messageId`.")),
            (None, None) => Selection::Page {
                limit,
                before: before.map(cursor).transpose()?,
            },
        };
        Ok(Self {
            thread_id: legacy::thread_id(fields)?,
            selection,
        })
    }
}

fn limit(fields: &Fields<'_>) -> Result<usize, ErrorResponse> {
    let limit = fields.get("limit")?.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(invalid(format!("`limit` must be 1 to {MAX_LIMIT}.")));
    }
    Ok(usize::try_from(limit).unwrap_or(usize::MAX))
}

fn cursor(text: &str) -> Result<PageCursor, ErrorResponse> {
    match text.parse() {
        Ok(cursor) if text.len() <= MAX_CURSOR_BYTES => Ok(cursor),
        _ => Err(invalid("`before` must be the `next` of an earlier page.")),
    }
}
