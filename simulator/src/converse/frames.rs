//! Events as frames of `application/vnd.amazon.eventstream` ("API_runtime_ConverseStream", response syntax).

use std::time::Duration;

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::{
    error::AwsError,
    play::cue::{Delta, Event, Usage},
};

/// An event; `elapsed` becomes the latency in `metadata`.
pub(crate) fn event(event: &Event, elapsed: Duration) -> Bytes {
    let (name, payload) = match event {
        Event::MessageStart => ("messageStart", json!({ "role": "assistant" })),
        Event::ToolStart { index, id, name } => (
            "contentBlockStart",
            json!({ "contentBlockIndex": index, "start": { "toolUse": { "toolUseId": id, "name": name } } }),
        ),
        Event::Delta {
            index,
            delta: piece,
        } => (
            "contentBlockDelta",
            json!({ "contentBlockIndex": index, "delta": delta(piece) }),
        ),
        Event::BlockStop { index } => ("contentBlockStop", json!({ "contentBlockIndex": index })),
        Event::MessageStop { reason } => ("messageStop", json!({ "stopReason": reason })),
        Event::Metadata(counts) => (
            "metadata",
            json!({ "usage": usage(*counts), "metrics": metrics(elapsed) }),
        ),
    };
    frame("event", ":event-type", name.to_owned(), &payload)
}

/// An exception: the error's name with a small first letter.
pub(crate) fn exception(error: &AwsError) -> Bytes {
    let name = error.kind.name();
    let name = name[..1].to_ascii_lowercase() + &name[1..];
    frame(
        "exception",
        ":exception-type",
        name,
        &json!({ "message": error.message }),
    )
}

/// Token counts as the service names them.
pub(crate) fn usage(counts: Usage) -> Value {
    json!({
        "inputTokens": counts.input,
        "outputTokens": counts.output,
        "totalTokens": counts.input + counts.output,
    })
}

/// The metrics as the service names them.
pub(crate) fn metrics(elapsed: Duration) -> Value {
    json!({ "latencyMs": u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX) })
}

fn delta(delta: &Delta) -> Value {
    match delta {
        Delta::Text(text) => json!({ "text": text }),
        Delta::ToolInput(piece) => json!({ "toolUse": { "input": piece } }),
        Delta::Reasoning(text) => json!({ "reasoningContent": { "text": text } }),
        Delta::Signature(signature) => json!({ "reasoningContent": { "signature": signature } }),
        Delta::Redacted(data) => json!({ "reasoningContent": { "redactedContent": data } }),
    }
}

fn frame(
    message_type: &'static str,
    type_header: &'static str,
    name: String,
    payload: &Value,
) -> Bytes {
    let text =
        |name: &'static str, value: String| Header::new(name, HeaderValue::String(value.into()));
    let headers = vec![
        text(type_header, name),
        text(":content-type", "application/json".to_owned()),
        text(":message-type", message_type.to_owned()),
    ];
    let message = Message::new_from_parts(headers, payload.to_string());
    let mut buffer = Vec::new();
    write_message_to(&message, &mut buffer)
        .expect("three short headers and a payload under 16 MB fit a frame");
    buffer.into()
}
