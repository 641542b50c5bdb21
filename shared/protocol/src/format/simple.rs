//! `simple`: `{"type":"token"|"status"|"error","value":…}` and `{"type":"done"}`.

use serde::Serialize;

use crate::event::{Event, STATUS};
use crate::format::json::json;
use crate::numbered::NumberedEvent;

#[derive(Serialize)]
struct Frame<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
}

fn frame(kind: &str, value: &str) -> String {
    json(&Frame {
        kind,
        value: Some(value),
    })
}

pub(super) fn render(event: &NumberedEvent) -> Option<String> {
    match &event.event {
        Event::TextMessageContent { delta, .. } => Some(frame("token", delta)),
        Event::Custom { name, value } if name == STATUS => {
            Some(frame("status", value.get("text")?.as_str()?))
        }
        Event::RunFinished { .. } => Some(json(&Frame {
            kind: "done",
            value: None,
        })),
        _ => None,
    }
}

pub(super) fn error(message: &str) -> String {
    frame("error", message)
}
