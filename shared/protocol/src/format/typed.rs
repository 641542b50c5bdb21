//! `typed`: `{"type":"text","message":…}` for text, `other` for all other events of Bedrock's stream.

use serde::Serialize;

use crate::event::Event;
use crate::format::json::json;
use crate::format::seen::Cost;
use crate::numbered::NumberedEvent;

#[derive(Serialize)]
struct Frame<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    message: Option<&'a str>,
}

fn other() -> String {
    json(&Frame {
        kind: "other",
        message: None,
    })
}

pub(super) fn render(event: &NumberedEvent) -> Vec<String> {
    match &event.event {
        Event::TextMessageContent { delta, .. } => vec![json(&Frame {
            kind: "text",
            message: Some(delta),
        })],
        Event::StepStarted { .. }
        | Event::TextMessageEnd { .. }
        | Event::ReasoningMessageContent { .. }
        | Event::ReasoningMessageEnd { .. }
        | Event::ToolCallStart { .. }
        | Event::ToolCallArgs { .. }
        | Event::ToolCallEnd { .. } => vec![other()],
        Event::StepFinished { .. } if Cost::of(&event.metadata.annotations).is_none() => {
            vec![other()]
        }
        Event::StepFinished { .. } => vec![other(), other()],
        _ => Vec::new(),
    }
}

pub(super) fn error(message: &str) -> String {
    json(&Frame {
        kind: "error",
        message: Some(message),
    })
}
