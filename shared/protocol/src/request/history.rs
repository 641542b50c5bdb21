//! `history`: what was said before?

use serde::Deserialize;
use serde_json::Value;

use crate::request::fields;
use crate::request::fields::invalid;
use crate::request::prompt::Names;
use crate::response::error::ErrorResponse;
use crate::response::page::Place;
use longwire_core::ids::{MessageId, ThreadId};

/// The most messages on a page.
pub const MAX_LIMIT: u64 = 100;

/// How many messages a page has when nothing is said about it.
const DEFAULT_LIMIT: u64 = 20;

/// The longest cursor, in bytes.
const MAX_CURSOR: usize = 64;

/// A piece of a thread's past is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Of this thread; absent: the connection's.
    pub thread_id: Option<ThreadId>,
    /// Which piece.
    pub wanted: Wanted,
}

/// Which piece of a thread's past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The last messages before a place, or the last of all.
    Page {
        /// How many at most: 1 to [`MAX_LIMIT`].
        limit: usize,
        /// The place.
        before: Option<Place>,
    },
    /// One message that was too long for a page.
    Part {
        /// The message.
        message_id: MessageId,
        /// From this byte of its content on.
        offset: usize,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    limit: Option<u64>,
    before: Option<String>,
    message_id: Option<String>,
    offset: Option<usize>,
}

impl History {
    /// Reads one.
    pub fn read(value: &Value) -> Result<Self, ErrorResponse> {
        let raw: Raw = fields::read(value)?;
        Ok(Self {
            thread_id: Names::read(value)?.thread()?,
            wanted: raw.wanted()?,
        })
    }
}

impl Raw {
    fn wanted(self) -> Result<Wanted, ErrorResponse> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(invalid(format!("`limit` must be 1 to {MAX_LIMIT}.")));
        }
        let message_id = fields::name("messageId", self.message_id, MessageId::parse)?;
        match (message_id, self.offset) {
            (Some(message_id), offset) => Ok(Wanted::Part {
                message_id,
                offset: offset.unwrap_or(0),
            }),
            (None, Some(_)) => Err(invalid("`offset` needs a `messageId`.")),
            (None, None) => Ok(Wanted::Page {
                limit: usize::try_from(limit).unwrap_or(usize::MAX),
                before: place(self.before)?,
            }),
        }
    }
}

fn place(before: Option<String>) -> Result<Option<Place>, ErrorResponse> {
    before
        .map(|text| match text.parse() {
            Ok(place) if text.len() <= MAX_CURSOR => Ok(place),
            _ => Err(invalid("`before` must be the `next` of an earlier page.")),
        })
        .transpose()
}
