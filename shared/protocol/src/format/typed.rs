//! `typed`: `{"type":"text","message":…}` for words, `other` for every other event of Bedrock's stream.

use serde::Serialize;

use crate::event::Event;
use crate::format::json;
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

pub(super) fn render(line: &NumberedEvent) -> Vec<String> {
    match &line.event {
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
        Event::StepFinished { .. } if Cost::of(&line.metadata.annotations).is_none() => {
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
