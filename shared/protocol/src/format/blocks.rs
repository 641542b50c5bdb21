//! `blocks`: `{"event":…,"data":…}`, whose data is always a string.

use serde::Serialize;

use crate::event::Event;
use crate::format::json::json;
use crate::format::seen::{Cost, stop_reason};
use crate::numbered::{Annotations, NumberedEvent};

#[derive(Serialize)]
struct Frame<'a> {
    event: &'a str,
    data: &'a str,
}

fn frame(event: &str, data: &str) -> String {
    json(&Frame { event, data })
}

pub(super) fn render(event: &NumberedEvent) -> Vec<String> {
    match &event.event {
        Event::StepStarted { .. } => vec![frame("message_start", "")],
        Event::TextMessageStart { .. } => vec![frame("content_start", "")],
        Event::TextMessageContent { delta, .. } => vec![frame("content", delta)],
        Event::TextMessageEnd { .. } => vec![frame("content_stop", "")],
        Event::StepFinished { .. } => stop(&event.metadata.annotations),
        _ => Vec::new(),
    }
}

fn stop(annotations: &Annotations) -> Vec<String> {
    let stop = frame("message_stop", stop_reason(annotations));
    let cost = Cost::of(annotations).map(|cost| frame("metadata", &json(&cost)));
    std::iter::once(stop).chain(cost).collect()
}

pub(super) fn error(message: &str) -> String {
    frame("error", message)
}
