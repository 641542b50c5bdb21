//! How a thread's messages are cut into pages that fit into a frame.

use std::fmt;
use std::str::FromStr;

use crate::escape::escaped_len;
use crate::frame::MAX_FRAME_BYTES;
use crate::response::history::{HistoryCall, HistoryMessage};

/// The longest content that is shown at once, in bytes.
pub const MAX_CONTENT_BYTES: usize = 16 * 1024;

/// The same as JSON, where a control character takes six bytes; also the room for a message's calls.
const MAX_MESSAGE_JSON: usize = 24_000;

/// What a page's messages may take as JSON. The rest of the frame is for the names around them.
const MAX_PAGE_JSON: usize = MAX_FRAME_BYTES - 1_500;

/// What ids and field names of a message take at most.
const FRAME_OF_MESSAGE: usize = 500;

/// A place in a thread: before the `part`-th shown message of the stored message `number`. Clients get it
/// as an opaque cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The stored message's number.
    pub number: u64,
    /// How many of its shown messages lie before the place.
    pub part: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c_{}.{}", self.number, self.part)
    }
}

/// What is no cursor of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the `next` of an earlier page")]
pub struct BadPlace;

impl FromStr for Place {
    type Err = BadPlace;

    fn from_str(text: &str) -> Result<Self, BadPlace> {
        let (number, part) = text
            .strip_prefix("c_")
            .and_then(|rest| rest.split_once('.'))
            .ok_or(BadPlace)?;
        Ok(Self {
            number: number.parse().map_err(|_| BadPlace)?,
            part: part.parse().map_err(|_| BadPlace)?,
        })
    }
}

/// A page that is filled from its end, newest message first.
#[derive(Debug)]
pub struct Page {
    newest_first: Vec<HistoryMessage>,
    limit: usize,
    room: usize,
    oldest: Option<Place>,
}

impl Page {
    /// An empty page for `limit` messages.
    pub fn new(limit: usize) -> Self {
        Self {
            newest_first: Vec::new(),
            limit,
            room: MAX_PAGE_JSON,
            oldest: None,
        }
    }

    /// Adds the message that comes before those on the page, cut to size; `false` when there is no room.
    pub fn add(&mut self, place: Place, shown: HistoryMessage) -> bool {
        let shown = shown.cut();
        let size = json_size(&shown) + 1;
        if self.newest_first.len() >= self.limit || size > self.room {
            return false;
        }
        self.room -= size;
        self.newest_first.push(shown);
        self.oldest = Some(place);
        true
    }

    /// The messages, oldest first, and the place before them.
    pub fn finish(mut self) -> (Vec<HistoryMessage>, Option<Place>) {
        self.newest_first.reverse();
        (self.newest_first, self.oldest)
    }
}

impl HistoryMessage {
    /// Cuts the message to what is shown at once. Arguments of calls for which there is no room left
    /// become `{}`, because a piece of JSON is of no use to anybody.
    pub fn cut(mut self) -> Self {
        let whole = self.content.as_ref().map_or(0, String::len);
        if let Some(content) = &mut self.content {
            let end = fitting(content);
            content.truncate(end);
            self.truncated = end < whole;
        }
        let content = self.content.as_ref().map_or(0, json_size);
        let mut room = MAX_MESSAGE_JSON.saturating_sub(content);
        for call in &mut self.tool_calls {
            if json_size(call) > room {
                call.function.arguments = "{}".to_owned();
                self.truncated = true;
            }
            room = room.saturating_sub(json_size(call));
        }
        drop_beyond(
            &mut self.tool_calls,
            MAX_PAGE_JSON - FRAME_OF_MESSAGE - content,
        );
        self.bytes = self.truncated.then_some(whole);
        self
    }

    /// The part of the message's content that begins at byte `offset`; `None` when that is beyond its end
    /// or within a character.
    pub fn part(mut self, offset: usize) -> Option<Self> {
        let content = self.content.take().unwrap_or_default();
        let rest = content.get(offset..)?;
        let end = fitting(rest);
        self.truncated = end < rest.len();
        self.content = Some(rest[..end].to_owned());
        self.bytes = Some(content.len());
        self.tool_calls.clear();
        Some(self)
    }
}

/// A step with so many calls that their names alone fill a frame.
fn drop_beyond(calls: &mut Vec<HistoryCall>, mut room: usize) {
    let fits = calls.iter().take_while(|call| {
        let left = room.checked_sub(json_size(call) + 1);
        room = left.unwrap_or(0);
        left.is_some()
    });
    let kept = fits.count();
    calls.truncate(kept);
}

/// How much of the text is shown at once: it ends between two characters.
fn fitting(text: &str) -> usize {
    let mut json = 0;
    for (at, c) in text.char_indices() {
        json += escaped_len(c);
        if at + c.len_utf8() > MAX_CONTENT_BYTES || json > MAX_MESSAGE_JSON {
            return at;
        }
    }
    text.len()
}

fn json_size(value: &impl serde::Serialize) -> usize {
    serde_json::to_string(value).map_or(usize::MAX / 2, |json| json.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use longwire_core::ids::{CallId, MessageId, RunId};
    use longwire_core::message::{Block, Message, Role};
    use longwire_core::tool::ToolCall;

    const AT: Place = Place { number: 7, part: 0 };

    fn said(text: &str) -> HistoryMessage {
        let message = Message::user(MessageId::trusted("u1"), RunId::trusted("r1"), text);
        HistoryMessage::all(&message).remove(0)
    }

    fn calls(count: usize, arguments: usize) -> HistoryMessage {
        let call = |n: usize| {
            Block::ToolCall(ToolCall {
                id: CallId::trusted(format!("tc_{n}")),
                name: "get_weather".to_owned(),
                input: json!({"x": "\"".repeat(arguments)}),
                parent: MessageId::trusted("m_1"),
            })
        };
        let blocks = (0..count).map(call).collect();
        HistoryMessage::all(&Message::new(Role::Assistant, RunId::trusted("r1"), blocks)).remove(0)
    }

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        let place = Place {
            number: 12,
            part: 3,
        };
        assert_eq!(place.to_string(), "c_12.3");
        assert_eq!("c_12.3".parse(), Ok(place));
        for bad in [
            "",
            "c_",
            "c_1",
            "12.3",
            "c_a.b",
            "c_1.-1",
            "c_99999999999999999999.0",
        ] {
            assert_eq!(bad.parse::<Place>(), Err(BadPlace), "{bad}");
        }
    }

    #[test]
    fn a_message_is_cut_at_sixteen_kilobytes_between_characters() {
        let exact = said(&"x".repeat(MAX_CONTENT_BYTES)).cut();
        assert_eq!((exact.truncated, exact.bytes), (false, None));
        let longer = said(&"ä".repeat(MAX_CONTENT_BYTES / 2 + 1)).cut();
        assert_eq!(
            (longer.truncated, longer.bytes),
            (true, Some(MAX_CONTENT_BYTES + 2))
        );
        assert_eq!(longer.content.map(|c| c.len()), Some(MAX_CONTENT_BYTES));
        let odd = said(&format!("x{}", "ä".repeat(MAX_CONTENT_BYTES))).cut();
        assert_eq!(odd.content.map(|c| c.len()), Some(MAX_CONTENT_BYTES - 1));
    }

    #[test]
    fn parts_make_the_whole() {
        let whole = format!("{}{}", "ü\u{1}\"".repeat(9_000), "end");
        let (mut got, mut rounds) = (String::new(), 0);
        loop {
            let part = said(&whole)
                .part(got.len())
                .expect("between two characters");
            assert!(json_size(&part) < MAX_FRAME_BYTES - 1_000);
            got.push_str(&part.content.expect("it has content"));
            rounds += 1;
            if !part.truncated {
                break;
            }
        }
        assert_eq!(got, whole);
        assert!(rounds > 1);
        assert_eq!(said("ü").part(1), None);
        assert_eq!(said("ü").part(3), None);
        assert_eq!(
            said("ü").part(2).and_then(|part| part.content),
            Some(String::new())
        );
    }

    #[test]
    fn whatever_is_on_a_page_fits_into_a_frame() {
        let awful = [
            "\u{1}".repeat(30_000),
            "\"\n".repeat(20_000),
            "😀".repeat(9_000),
            "x".repeat(40_000),
        ];
        for message in awful.iter().map(|text| said(text)).chain([
            calls(1, 20_000),
            calls(3, 5_000),
            calls(1_000, 1),
        ]) {
            let mut page = Page::new(100);
            assert!(page.add(AT, message.clone()), "one message always fits");
            while page.add(AT, message.clone()) {}
            let (messages, _) = page.finish();
            assert!(json_size(&messages) < MAX_FRAME_BYTES - 1_000);
            assert!(
                messages
                    .iter()
                    .all(|shown| shown.truncated || shown.tool_calls.len() < 1_000)
            );
        }
    }

    #[test]
    fn a_page_ends_at_its_limit_and_says_where() {
        let mut page = Page::new(2);
        for number in [9, 8, 7] {
            let added = page.add(Place { number, part: 1 }, said(&number.to_string()));
            assert_eq!(added, number > 7);
        }
        let (messages, before) = page.finish();
        let words: Vec<_> = messages
            .into_iter()
            .filter_map(|shown| shown.content)
            .collect();
        assert_eq!(words, ["8", "9"]);
        assert_eq!(before, Some(Place { number: 8, part: 1 }));
    }
}
