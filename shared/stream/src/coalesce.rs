//! Coalescing: which deltas share an event, how much text an event holds, and how a too long event is shortened.

use longwire_protocol::escape::{escaped_len, fitting};
use longwire_protocol::event::Event;
use longwire_protocol::frame::MAX_FRAME_BYTES;
use longwire_protocol::numbered::Draft;
use serde_json::Value;

/// Longest text of one delta, in bytes (docs/protocol.md section 2).
const MAX_DELTA_BYTES: usize = 8 * 1024;

/// Bytes of a frame that deltas leave free: the envelope of another format may be longer than the canonical one.
const SPARE_BYTES: usize = 64;

/// Room left in an open event, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    text: usize,
    escaped: usize,
}

impl Room {
    /// Makes the room in an event whose JSON without text has `empty` bytes.
    pub(crate) fn beside(empty: usize) -> Self {
        Self {
            text: MAX_DELTA_BYTES,
            escaped: MAX_FRAME_BYTES - SPARE_BYTES - empty,
        }
    }

    /// Splits the text after the last character that fits, and takes the room of the first part.
    pub(crate) fn take<'a>(&mut self, text: &'a str) -> (&'a str, &'a str) {
        let (head, rest) = text.split_at(fitting(text, self.text, self.escaped).len());
        self.text -= head.len();
        self.escaped -= escaped_len(head);
        (head, rest)
    }
}

/// Returns the text of a delta; `None` for other events.
pub(crate) fn delta(event: &mut Event) -> Option<&mut String> {
    match event {
        Event::TextMessageContent { delta, .. }
        | Event::ReasoningMessageContent { delta, .. }
        | Event::ToolCallArgs { delta, .. } => Some(delta),
        _ => None,
    }
}

/// Tells whether the event is a delta.
pub(crate) fn is_delta(event: &Event) -> bool {
    continues(event, event)
}

/// Tells whether the event ends a message, a call or a step, and says nothing else: a reader misses nothing until the next
/// event.
pub(crate) fn is_end(event: &Event) -> bool {
    matches!(
        event,
        Event::TextMessageEnd { .. }
            | Event::ReasoningMessageEnd { .. }
            | Event::ReasoningEnd { .. }
            | Event::ToolCallEnd { .. }
            | Event::StepFinished { .. }
    )
}

/// Tells whether the text of `next` may be appended to `open`: both are deltas of the same message or call.
pub(crate) fn continues(open: &Event, next: &Event) -> bool {
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

/// Shortens an event whose JSON exceeds a frame by `over` bytes: cuts the end of a tool result, an error message or
/// a status text, and leaves out a run's input and any other value.
pub(crate) fn shorten(draft: &mut Draft, over: usize) {
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

/// Cuts the end off, so that the JSON becomes at least `over` bytes shorter.
fn cut(text: &mut String, over: usize) {
    let max_json = escaped_len(text).saturating_sub(over);
    text.truncate(fitting(text, text.len(), max_json).len());
}
