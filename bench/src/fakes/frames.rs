//! Frames of the model's stream: `application/vnd.amazon.eventstream` ("API_runtime_ConverseStream", response syntax).

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;
use serde_json::{Value, json};

/// Event `messageStart`.
pub(crate) fn message_start() -> Bytes {
    frame("messageStart", &json!({ "role": "assistant" }))
}

/// Delta of a text block.
pub(crate) fn text(block: usize, text: &str) -> Bytes {
    let delta = json!({ "text": text });
    frame(
        "contentBlockDelta",
        &json!({ "contentBlockIndex": block, "delta": delta }),
    )
}

/// Start of a block that calls a tool.
pub(crate) fn tool_start(block: usize, id: &str, name: &str) -> Bytes {
    let start = json!({ "toolUse": { "toolUseId": id, "name": name } });
    frame(
        "contentBlockStart",
        &json!({ "contentBlockIndex": block, "start": start }),
    )
}

/// Delta of a tool's input.
pub(crate) fn tool_input(block: usize, input: &str) -> Bytes {
    let delta = json!({ "toolUse": { "input": input } });
    frame(
        "contentBlockDelta",
        &json!({ "contentBlockIndex": block, "delta": delta }),
    )
}

/// End of a block.
pub(crate) fn block_stop(block: usize) -> Bytes {
    frame("contentBlockStop", &json!({ "contentBlockIndex": block }))
}

/// Event `messageStop`.
pub(crate) fn message_stop(reason: &str) -> Bytes {
    frame("messageStop", &json!({ "stopReason": reason }))
}

/// Event `metadata`, the last one.
pub(crate) fn metadata(output_tokens: usize) -> Bytes {
    let usage = json!({ "inputTokens": 20, "outputTokens": output_tokens, "totalTokens": 20 + output_tokens });
    frame(
        "metadata",
        &json!({ "usage": usage, "metrics": { "latencyMs": 1 } }),
    )
}

fn frame(event_type: &'static str, payload: &Value) -> Bytes {
    let header = |name: &'static str, value: &'static str| {
        Header::new(name, HeaderValue::String(value.into()))
    };
    let headers = vec![
        header(":event-type", event_type),
        header(":content-type", "application/json"),
        header(":message-type", "event"),
    ];
    let mut bytes = Vec::new();
    write_message_to(
        &Message::new_from_parts(headers, payload.to_string()),
        &mut bytes,
    )
    .expect("three short headers and a short payload fit a frame");
    bytes.into()
}
