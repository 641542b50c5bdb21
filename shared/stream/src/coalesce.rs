//! How much text goes into a line, and what becomes of events that are too big for one.

use serde_json::Value;

use longwire_protocol::escape::escaped_len;
use longwire_protocol::event::Event;
use longwire_protocol::frame::MAX_FRAME_BYTES;
use longwire_protocol::numbered::Draft;

/// The most text in one delta, in bytes (docs/protocol.md section 2).
const MAX_DELTA_BYTES: usize = 8 * 1024;

/// Of a frame, this much is kept free in lines of deltas, in bytes: another format's wrapping may be longer
/// than the canonical one.
const SPARE_BYTES: usize = 64;

/// What an open line of deltas still has room for, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    text: usize,
    escaped: usize,
}

impl Room {
    /// The room in a line that is `empty` bytes of JSON without its text.
    pub(super) fn beside(empty: usize) -> Self {
        Self {
            text: MAX_DELTA_BYTES,
            escaped: MAX_FRAME_BYTES - SPARE_BYTES - empty,
        }
    }

    /// Splits off as much of the text as has room, in whole characters, and takes that room.
    pub(super) fn take<'a>(&mut self, text: &'a str) -> (&'a str, &'a str) {
        let fits = fitting(text, *self);
        let (head, rest) = text.split_at(fits.text);
        self.text -= fits.text;
        self.escaped -= fits.escaped;
        (head, rest)
    }
}

fn fitting(text: &str, room: Room) -> Room {
    let mut taken = Room {
        text: 0,
        escaped: 0,
    };
    for c in text.chars() {
        let next = Room {
            text: taken.text + c.len_utf8(),
            escaped: taken.escaped + escaped_len(c),
        };
        if next.text > room.text || next.escaped > room.escaped {
            break;
        }
        taken = next;
    }
    taken
}

/// The growing text of an event that may grow.
pub(super) fn delta(event: &mut Event) -> Option<&mut String> {
    match event {
        Event::TextMessageContent { delta, .. }
        | Event::ReasoningMessageContent { delta, .. }
        | Event::ToolCallArgs { delta, .. } => Some(delta),
        _ => None,
    }
}

/// Whether it is an event that may grow.
pub(super) fn is_delta(event: &Event) -> bool {
    continues(event, event)
}

/// Whether the text of `next` may be added to that of `open`: the same kind, of the same message or call.
pub(super) fn continues(open: &Event, next: &Event) -> bool {
    match (open, next) {
        (
            Event::TextMessageContent { message_id: a, .. },
            Event::TextMessageContent { message_id: b, .. },
        )
        | (
            Event::ReasoningMessageContent { message_id: a, .. },
            Event::ReasoningMessageContent { message_id: b, .. },
        ) => a == b,
        (
            Event::ToolCallArgs {
                tool_call_id: a, ..
            },
            Event::ToolCallArgs {
                tool_call_id: b, ..
            },
        ) => a == b,
        _ => false,
    }
}

/// Cuts what an event may do without, so that its line fits into a frame of which `over` bytes are too many:
/// a tool's result, an error and a status lose their ends; a run's input and any other value are left out.
pub(super) fn shorten(draft: &mut Draft, over: usize) {
    match &mut draft.event {
        Event::RunStarted { input, .. } => *input = None,
        Event::ToolCallResult { content, .. } => {
            draft.annotations.bytes.get_or_insert(content.len() as u64);
            draft.annotations.truncated = Some(true);
            cut(content, over);
        }
        Event::RunError { message, .. } => cut(message, over),
        Event::Custom { value, .. } => match value.get_mut("text") {
            Some(Value::String(text)) => cut(text, over),
            _ => *value = Value::Null,
        },
        _ => {}
    }
}

/// Cuts so much off the end that at least `over` bytes of JSON are saved.
fn cut(text: &mut String, over: usize) {
    let escaped: usize = text.chars().map(escaped_len).sum();
    let room = Room {
        text: text.len(),
        escaped: escaped.saturating_sub(over),
    };
    text.truncate(fitting(text, room).text);
}
