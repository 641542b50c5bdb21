//! Serialization of events to frames of `application/vnd.amazon.eventstream`
//! ("API_runtime_ConverseStream", response syntax).

use std::time::Duration;

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::{
    error::AwsError,
    response::event::{Delta, Event, Usage},
    scenario::entry::Entry,
};

/// Serializes an event. `elapsed` is the latency in `metadata`.
pub(crate) fn event(event: &Event, elapsed: Duration) -> Bytes {
    let (name, payload) = match event {
        Event::MessageStart => ("messageStart", json!({ "role": "assistant" })),
        Event::ToolStart { index, id, name } => (
            "contentBlockStart",
            json!({ "contentBlockIndex": index, "start": { "toolUse": { "toolUseId": id, "name": name } } }),
        ),
        Event::Delta { index, delta } => (
            "contentBlockDelta",
            json!({ "contentBlockIndex": index, "delta": delta_json(delta) }),
        ),
        Event::BlockStop { index } => ("contentBlockStop", json!({ "contentBlockIndex": index })),
        Event::MessageStop { reason } => ("messageStop", json!({ "stopReason": reason })),
        Event::Metadata(usage) => (
            "metadata",
            json!({ "usage": usage_json(*usage), "metrics": metrics_json(elapsed) }),
        ),
    };
    frame("event", ":event-type", name.to_owned(), &payload)
}

/// Serializes an exception. Its type is the name of the error with a lowercase first letter.
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

/// Serializes an entry of a scenario; a pause has no bytes.
pub(crate) fn entry(entry: &Entry) -> Bytes {
    match entry {
        Entry::Event { name, payload } => frame("event", ":event-type", name.clone(), payload),
        Entry::Exception { name, payload } => {
            frame("exception", ":exception-type", name.clone(), payload)
        }
        Entry::Error { code, message } => write(Message::new_from_parts(
            vec![
                header(":message-type", "error".to_owned()),
                header(":error-code", code.clone()),
                header(":error-message", message.clone()),
            ],
            Bytes::new(),
        )),
        Entry::Bytes(bytes) => bytes.clone().into(),
        Entry::Pause(_) => Bytes::new(),
    }
}

/// Returns the member `usage`.
pub(crate) fn usage_json(usage: Usage) -> Value {
    json!({
        "inputTokens": usage.input,
        "outputTokens": usage.output,
        "totalTokens": usage.input + usage.output,
    })
}

/// Returns the member `metrics`.
pub(crate) fn metrics_json(elapsed: Duration) -> Value {
    json!({ "latencyMs": u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX) })
}

fn delta_json(delta: &Delta) -> Value {
    match delta {
        Delta::Text(text) => json!({ "text": text }),
        Delta::ToolInput(input) => json!({ "toolUse": { "input": input } }),
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
    let headers = vec![
        header(type_header, name),
        header(":content-type", "application/json".to_owned()),
        header(":message-type", message_type.to_owned()),
    ];
    write(Message::new_from_parts(headers, payload.to_string()))
}

fn header(name: &'static str, value: String) -> Header {
    Header::new(name, HeaderValue::String(value.into()))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the message exists for this frame only"
)]
fn write(message: Message) -> Bytes {
    let mut buffer = Vec::new();
    write_message_to(&message, &mut buffer)
        .expect("three headers under 64 KB and a payload under 25 MB fit a frame");
    buffer.into()
}
