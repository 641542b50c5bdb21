//! `bedrock`: stream events of ConverseStream, one per frame (Bedrock API reference, "ConverseStream", response
//! syntax).

use serde::Serialize;

use crate::event::Event;
use crate::format::json::json;
use crate::format::seen::{Cost, Seen, stop_reason};
use crate::numbered::{Annotations, NumberedEvent};

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Frame<'a> {
    Event(Stream<'a>),
    Error { code: &'a str, message: &'a str },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Stream<'a> {
    MessageStart {
        role: &'a str,
    },
    ContentBlockStart {
        start: Start<'a>,
        content_block_index: u32,
    },
    ContentBlockDelta {
        delta: Delta<'a>,
        content_block_index: u32,
    },
    ContentBlockStop {
        content_block_index: u32,
    },
    MessageStop {
        stop_reason: &'a str,
    },
    Metadata(Cost),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Start<'a> {
    ToolUse { tool_use_id: &'a str, name: &'a str },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Delta<'a> {
    Text(&'a str),
    ReasoningContent { text: &'a str },
    ToolUse { input: &'a str },
}

pub(super) fn render(event: &NumberedEvent, seen: &Seen) -> Vec<String> {
    if matches!(event.event, Event::StepFinished { .. }) {
        return stop(&event.metadata.annotations);
    }
    stream_event(&event.event, seen)
        .map(|event| json(&Frame::Event(event)))
        .into_iter()
        .collect()
}

fn stream_event<'a>(event: &'a Event, seen: &Seen) -> Option<Stream<'a>> {
    let delta = |delta, id| Stream::ContentBlockDelta {
        delta,
        content_block_index: seen.index(id),
    };
    let stop = |id| Stream::ContentBlockStop {
        content_block_index: seen.index(id),
    };
    Some(match event {
        Event::StepStarted { .. } => Stream::MessageStart { role: "assistant" },
        Event::TextMessageContent {
            message_id,
            delta: text,
        } => delta(Delta::Text(text), message_id.as_str()),
        Event::ReasoningMessageContent {
            message_id,
            delta: text,
        } => delta(Delta::ReasoningContent { text }, message_id.as_str()),
        Event::ToolCallArgs {
            tool_call_id,
            delta: input,
        } => delta(Delta::ToolUse { input }, tool_call_id.as_str()),
        Event::TextMessageEnd { message_id } | Event::ReasoningMessageEnd { message_id } => {
            stop(message_id.as_str())
        }
        Event::ToolCallEnd { tool_call_id } => stop(tool_call_id.as_str()),
        Event::ToolCallStart {
            tool_call_id,
            tool_call_name,
            ..
        } => Stream::ContentBlockStart {
            start: Start::ToolUse {
                tool_use_id: tool_call_id.as_str(),
                name: tool_call_name,
            },
            content_block_index: seen.index(tool_call_id.as_str()),
        },
        _ => return None,
    })
}

fn stop(annotations: &Annotations) -> Vec<String> {
    let stop = Stream::MessageStop {
        stop_reason: stop_reason(annotations),
    };
    let cost = Cost::of(annotations).map(Stream::Metadata);
    std::iter::once(stop)
        .chain(cost)
        .map(|event| json(&Frame::Event(event)))
        .collect()
}

pub(super) fn error(code: &str, message: &str) -> String {
    json(&Frame::Error { code, message })
}
