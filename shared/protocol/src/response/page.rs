//! Pages of a thread's messages that fit into a frame.

use std::fmt;
use std::str::FromStr;

use longwire_core::ids::CallId;
use serde::Serialize;

use crate::escape::fitting;
use crate::frame::MAX_FRAME_BYTES;
use crate::response::history::{HistoryApproval, HistoryCall, HistoryMessage, Pending};

/// Longest content of a message on a page, in bytes.
const MAX_CONTENT_BYTES: usize = 16 * 1024;

/// Most bytes of JSON for the content and the tool calls of a message. A control character takes six bytes of JSON,
/// so this limit may be reached before [`MAX_CONTENT_BYTES`].
const MAX_MESSAGE_JSON: usize = 24_000;

/// Most bytes of JSON for the messages of a page; the rest of the frame is for the fields around them.
const MAX_PAGE_JSON: usize = MAX_FRAME_BYTES - 1_500;

/// Most bytes of JSON for the ids and the field names of a message.
const MAX_FIELDS_JSON: usize = 500;

/// Cursor of a page: the position before a message. A stored message becomes several messages of a page, so the
/// position has two parts. Clients treat the text as opaque.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageCursor {
    /// Number of the stored message.
    pub number: u64,
    /// Number of its messages before the position.
    pub part: usize,
}

impl fmt::Display for PageCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c_{}.{}", self.number, self.part)
    }
}

/// Error of a text that is not a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the `next` of an earlier page")]
pub struct BadPageCursor;

impl FromStr for PageCursor {
    type Err = BadPageCursor;

    fn from_str(text: &str) -> Result<Self, BadPageCursor> {
        let (number, part) = text
            .strip_prefix("c_")
            .and_then(|rest| rest.split_once('.'))
            .ok_or(BadPageCursor)?;
        Ok(Self {
            number: number.parse().map_err(|_| BadPageCursor)?,
            part: part.parse().map_err(|_| BadPageCursor)?,
        })
    }
}

/// Page that is filled from its end, newest message first.
#[derive(Debug)]
pub struct Page {
    newest_first: Vec<HistoryMessage>,
    limit: usize,
    room: usize,
    oldest: Option<PageCursor>,
}

impl Page {
    /// Makes an empty page for `limit` messages, beside what the thread waits for.
    pub fn new(limit: usize, pending: &Pending) -> Self {
        let taken = json_size(&pending.interrupts);
        Self {
            newest_first: Vec::new(),
            limit,
            room: MAX_PAGE_JSON.saturating_sub(taken),
            oldest: None,
        }
    }

    /// Adds the message before those on the page, truncated if it is too long. Returns `false` when the page is
    /// full.
    pub fn add(&mut self, cursor: PageCursor, message: HistoryMessage) -> bool {
        // The first message always fits.
        let room = match self.newest_first.is_empty() {
            true => self.room,
            false => MAX_PAGE_JSON,
        };
        let message = message.truncate(room);
        let size = json_size(&message) + 1;
        if self.newest_first.len() >= self.limit || size > self.room {
            return false;
        }
        self.room -= size;
        self.newest_first.push(message);
        self.oldest = Some(cursor);
        true
    }

    /// Returns the messages, oldest first, and the cursor before them. A result follows the message with its call and the
    /// results after it, as AG-UI's client places it, even when the model wrote text after the call.
    pub fn finish(self) -> (Vec<HistoryMessage>, Option<PageCursor>) {
        let mut messages: Vec<HistoryMessage> = Vec::new();
        for message in self.newest_first.into_iter().rev() {
            let position = place(&messages, &message);
            messages.insert(position, message);
        }
        (messages, self.oldest)
    }
}

/// Position of a message after those before it.
fn place(before: &[HistoryMessage], message: &HistoryMessage) -> usize {
    let call = message.tool_call_id.as_ref();
    let caller = call.and_then(|id| before.iter().rposition(|earlier| earlier.has_call(id)));
    caller.map_or(before.len(), |caller| {
        let rest = &before[caller + 1..];
        let results = rest.iter().take_while(|later| later.tool_call_id.is_some());
        caller + 1 + results.count()
    })
}

impl HistoryMessage {
    fn has_call(&self, id: &CallId) -> bool {
        self.tool_calls.iter().any(|call| call.id == *id)
    }

    /// Truncates the message to the limits of a page, and to this many bytes of JSON. Arguments of a tool call that do not fit
    /// become `{}`, because a part of a JSON text cannot be parsed.
    fn truncate(mut self, most: usize) -> Self {
        let most = most.saturating_sub(MAX_FIELDS_JSON);
        let most_json = MAX_MESSAGE_JSON.min(most);
        let bytes = self.content.as_ref().map_or(0, String::len);
        if let Some(content) = &mut self.content {
            content.truncate(fitting(content, MAX_CONTENT_BYTES, most_json).len());
            self.truncated = content.len() < bytes;
        }
        let content = self.content.as_ref().map_or(0, json_size);
        let mut room = most_json.saturating_sub(content);
        for call in &mut self.tool_calls {
            if json_size(call) > room {
                call.function.arguments = "{}".to_owned();
                self.truncated = true;
            }
            room = room.saturating_sub(json_size(call));
        }
        let room = most.saturating_sub(content);
        drop_calls_beyond(&mut self.tool_calls, room);
        if let Some(approval) = &mut self.approval {
            self.truncated |= approval.shorten(room);
        }
        self.bytes = self.truncated.then_some(bytes);
        self
    }

    /// Returns the part of the content that begins at byte `offset`; `None` when that is beyond the end or within a
    /// character.
    pub fn part(mut self, offset: usize) -> Option<Self> {
        let content = self.content.take().unwrap_or_default();
        let rest = content.get(offset..)?;
        let part = fitting(rest, MAX_CONTENT_BYTES, MAX_MESSAGE_JSON);
        self.truncated = part.len() < rest.len();
        self.content = Some(part.to_owned());
        self.bytes = Some(content.len());
        self.tool_calls.clear();
        self.approval = None;
        Some(self)
    }
}

impl HistoryApproval {
    /// Leaves out what a person wrote unless the decision fits into this many bytes of JSON. Returns `true` if it did.
    fn shorten(&mut self, room: usize) -> bool {
        let fits = json_size(self) <= room;
        if !fits {
            (self.reason, self.edited_args) = (None, None);
        }
        !fits
    }
}

/// Drops the calls that do not fit even without arguments: a step may have more calls than a frame has room for.
fn drop_calls_beyond(calls: &mut Vec<HistoryCall>, mut room: usize) {
    let fits = calls.iter().take_while(|call| {
        let left = room.checked_sub(json_size(call) + 1);
        room = left.unwrap_or(0);
        left.is_some()
    });
    let kept = fits.count();
    calls.truncate(kept);
}

fn json_size(value: &impl Serialize) -> usize {
    serde_json::to_string(value).map_or(usize::MAX / 2, |json| json.len())
}

#[cfg(test)]
mod tests {
    use longwire_core::approval::{ApprovalTerms, Decision, PendingApprovals};
    use longwire_core::ids::{MessageId, RunId};
    use longwire_core::message::{Block, Message, Role};
    use longwire_core::pending::Pending as Wait;
    use longwire_core::tool::{ToolCall, ToolOutcome, ToolResult};
    use serde_json::json;

    use super::*;

    const AT: PageCursor = PageCursor { number: 7, part: 0 };

    fn user(text: &str) -> HistoryMessage {
        let message = Message::user(MessageId::trusted("u1"), RunId::trusted("r1"), text);
        HistoryMessage::from_stored(&message).remove(0)
    }

    fn calls(count: usize, arguments: usize) -> HistoryMessage {
        let call = |n: usize| {
            Block::ToolCall(ToolCall {
                id: CallId::trusted(format!("tc_{n}")),
                name: "get_weather".to_owned(),
                arguments: json!({"x": "\"".repeat(arguments)}).to_string(),
                parent: MessageId::trusted("m_1"),
            })
        };
        let blocks = (0..count).map(call).collect();
        HistoryMessage::from_stored(&Message::new(Role::Assistant, RunId::trusted("r1"), blocks))
            .remove(0)
    }

    /// Requests for approvals of this many calls of a tool with a long schema.
    fn pending(calls: usize) -> Pending {
        let calls: Vec<_> = (0..calls)
            .map(|n| CallId::trusted(format!("tc_{n:08}")))
            .collect();
        let name = "n".repeat(64);
        let terms = ApprovalTerms {
            group: None,
            schema: json!({ "description": "x".repeat(4_000) }),
        };
        let tools = calls.iter().map(|call| (call.clone(), name.clone()));
        let approvals = PendingApprovals {
            tools: tools.collect(),
            terms: [(name.clone(), terms)].into(),
        };
        Pending::from(&Wait {
            approvals: Some(approvals),
            ..Wait::new(RunId::trusted("r_1"), calls, 1_764_248_400)
        })
    }

    /// Result of a call with arguments that a person edited.
    fn edited(arguments: usize) -> HistoryMessage {
        let edited = json!({ "x": "\"".repeat(arguments) });
        let result = Block::ToolResult(ToolResult {
            message_id: MessageId::trusted("m_1"),
            call_id: CallId::trusted("tc_1"),
            outcome: ToolOutcome::Success,
            content: "x".repeat(40_000),
            decision: Some(Decision {
                approved: true,
                reason: None,
                edited_args: Some(edited.to_string()),
                by: None,
                at: 7,
            }),
        });
        let message = Message::new(Role::User, RunId::trusted("r1"), vec![result]);
        HistoryMessage::from_stored(&message).remove(0)
    }

    #[test]
    fn arguments_that_a_person_edited_are_left_out_when_they_do_not_fit() {
        let shown = |arguments: usize| {
            let message = edited(arguments).truncate(MAX_PAGE_JSON);
            message.approval.expect("a decision").edited_args.is_some()
        };
        assert!(shown(100) && !shown(10_000));
    }

    #[test]
    fn a_result_follows_the_message_with_its_call() {
        let result = |call: &str| {
            let result = Block::ToolResult(ToolResult {
                message_id: MessageId::trusted(format!("result of {call}")),
                call_id: CallId::trusted(call),
                outcome: ToolOutcome::Success,
                content: "sunny".to_owned(),
                decision: None,
            });
            let message = Message::new(Role::User, RunId::trusted("r1"), vec![result]);
            HistoryMessage::from_stored(&message).remove(0)
        };
        let mut page = Page::new(9, &Pending::default());
        for message in [result("tc_1"), result("tc_0"), user("Done."), calls(2, 0)] {
            assert!(page.add(AT, message));
        }
        let (messages, _) = page.finish();
        let ids: Vec<_> = messages.iter().map(|message| message.id.as_str()).collect();
        assert_eq!(ids, ["m_1", "result of tc_0", "result of tc_1", "u1"]);
    }

    #[test]
    fn a_cursor_parses_back_from_its_text() {
        let cursor = PageCursor {
            number: 12,
            part: 3,
        };
        assert_eq!(cursor.to_string(), "c_12.3");
        assert_eq!("c_12.3".parse(), Ok(cursor));
        for bad in [
            "",
            "c_",
            "c_1",
            "12.3",
            "c_a.b",
            "c_1.-1",
            "c_99999999999999999999.0",
        ] {
            assert_eq!(bad.parse::<PageCursor>(), Err(BadPageCursor), "{bad}");
        }
    }

    #[test]
    fn a_content_is_truncated_at_16_kb_between_characters() {
        let exact = user(&"x".repeat(MAX_CONTENT_BYTES)).truncate(MAX_PAGE_JSON);
        assert_eq!((exact.truncated, exact.bytes), (false, None));
        let longer = user(&"ä".repeat(MAX_CONTENT_BYTES / 2 + 1)).truncate(MAX_PAGE_JSON);
        assert_eq!(
            (longer.truncated, longer.bytes),
            (true, Some(MAX_CONTENT_BYTES + 2))
        );
        assert_eq!(longer.content.map(|c| c.len()), Some(MAX_CONTENT_BYTES));
        let odd = user(&format!("x{}", "ä".repeat(MAX_CONTENT_BYTES))).truncate(MAX_PAGE_JSON);
        assert_eq!(odd.content.map(|c| c.len()), Some(MAX_CONTENT_BYTES - 1));
    }

    #[test]
    fn the_parts_of_a_content_add_up_to_it() {
        let whole = format!("{}{}", "ü\u{1}\"".repeat(9_000), "end");
        let (mut received, mut parts) = (String::new(), 0);
        loop {
            let part = user(&whole)
                .part(received.len())
                .expect("between two characters");
            assert!(json_size(&part) < MAX_FRAME_BYTES - 1_000);
            received.push_str(&part.content.expect("a part has content"));
            parts += 1;
            if !part.truncated {
                break;
            }
        }
        assert_eq!(received, whole);
        assert!(parts > 1);
        assert_eq!(user("ü").part(1), None);
        assert_eq!(user("ü").part(3), None);
        assert_eq!(
            user("ü").part(2).and_then(|part| part.content),
            Some(String::new())
        );
    }

    #[test]
    fn every_page_fits_into_a_frame() {
        let long = [
            "\u{1}".repeat(30_000),
            "\"\n".repeat(20_000),
            "😀".repeat(9_000),
            "x".repeat(40_000),
        ];
        for message in long.iter().map(|text| user(text)).chain([
            calls(1, 20_000),
            calls(3, 5_000),
            calls(1_000, 1),
            edited(10_000),
        ]) {
            for pending in [Pending::default(), pending(1), pending(16)] {
                let mut page = Page::new(100, &pending);
                assert!(page.add(AT, message.clone()), "one message always fits");
                while page.add(AT, message.clone()) {}
                let (messages, _) = page.finish();
                let beside = json_size(&pending.interrupts);
                assert!(json_size(&messages) + beside < MAX_FRAME_BYTES - 1_000);
                assert!(
                    messages
                        .iter()
                        .all(|message| message.truncated || message.tool_calls.len() < 1_000)
                );
            }
        }
    }

    #[test]
    fn a_full_page_has_the_cursor_of_its_oldest_message() {
        let mut page = Page::new(2, &Pending::default());
        for number in [9, 8, 7] {
            let added = page.add(PageCursor { number, part: 1 }, user(&number.to_string()));
            assert_eq!(added, number > 7);
        }
        let (messages, oldest) = page.finish();
        let contents: Vec<_> = messages
            .into_iter()
            .filter_map(|message| message.content)
            .collect();
        assert_eq!(contents, ["8", "9"]);
        assert_eq!(oldest, Some(PageCursor { number: 8, part: 1 }));
    }
}
