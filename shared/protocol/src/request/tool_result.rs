//! `tool_result`: the client answers a call of one of its tools.

use longwire_core::ids::{CallId, MessageId, ThreadId};
use longwire_core::tool::ToolOutcome;
use serde_json::Value;

use crate::request::fields::Fields;
use crate::request::legacy;
use crate::response::error::{ErrorResponse, invalid, too_large};

/// Most parts of a result.
const MAX_PARTS: usize = 4;

/// Most bytes of a part, when a result has several. All parts together have at most 96 KB.
const MAX_PART_BYTES: usize = 24 * 1024;

/// Result of a call, or a part of it. The response is an [`Ack`](crate::response::ack::Ack).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolResult {
    /// Thread of the call; absent: the connection's.
    pub thread_id: Option<ThreadId>,
    /// Id of the call.
    pub call_id: CallId,
    /// Id of the message that carries the result, for clients that have one.
    pub message_id: Option<MessageId>,
    /// Outcome of the call, as far as the client knows: success or error.
    pub outcome: ToolOutcome,
    /// Result, as text or JSON text, or the text of an error.
    pub content: String,
    /// Number of this part, from 1.
    pub part: usize,
    /// Number of parts.
    pub of: usize,
}

impl ToolResult {
    pub(super) fn parse(fields: &Fields<'_>) -> Result<Self, ErrorResponse> {
        let call_id = fields.id("toolCallId", CallId::parse)?;
        let (outcome, content) = match (content(fields)?, fields.text("error")?) {
            (Some(content), None) => (ToolOutcome::Success, content),
            (None, Some(error)) => (ToolOutcome::Error, error.to_owned()),
            (None, None) => return Err(invalid("`content` or `error` is missing.")),
            (Some(_), Some(_)) => {
                return Err(invalid("Only one of `content` and `error` can be present."));
            }
        };
        let of = number(fields, "of", MAX_PARTS)?;
        let part = number(fields, "part", of)?;
        if of > 1 && content.len() > MAX_PART_BYTES {
            return Err(too_large("A part of a result", MAX_PART_BYTES));
        }
        Ok(Self {
            thread_id: legacy::thread_id(fields)?,
            call_id: call_id.ok_or_else(|| invalid("`toolCallId` is missing."))?,
            message_id: fields.id("messageId", MessageId::parse)?,
            outcome,
            content,
            part,
            of,
        })
    }
}

/// Reads the content: text as it is, anything else as JSON text.
fn content(fields: &Fields<'_>) -> Result<Option<String>, ErrorResponse> {
    Ok(fields.get("content")?.map(|content| match content {
        Value::String(text) => text,
        other => other.to_string(),
    }))
}

/// Reads a number from 1 to `max`; 1 when it is absent.
fn number(fields: &Fields<'_>, field: &str, max: usize) -> Result<usize, ErrorResponse> {
    let number = fields.get(field)?.unwrap_or(1);
    if (1..=max).contains(&number) {
        Ok(number)
    } else {
        Err(invalid(format!("`{field}` must be 1 to {max}.")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(request: &Value) -> Result<ToolResult, String> {
        ToolResult::parse(&Fields::new(request)).map_err(|error| error.message)
    }

    #[test]
    fn a_result_is_text_json_or_an_error() {
        for (request, outcome, content) in [
            (
                json!({ "toolCallId": "tc_1", "content": "Oslo" }),
                ToolOutcome::Success,
                "Oslo",
            ),
            (
                json!({ "toolCallId": "tc_1", "content": { "city": "Oslo" } }),
                ToolOutcome::Success,
                r#"{"city":"Oslo"}"#,
            ),
            (
                json!({ "toolCallId": "tc_1", "error": "no" }),
                ToolOutcome::Error,
                "no",
            ),
        ] {
            let result = parse(&request).expect("a result");
            assert_eq!(
                (result.outcome, result.content.as_str()),
                (outcome, content)
            );
            assert_eq!((result.part, result.of), (1, 1));
        }
    }

    #[test]
    fn other_requests_are_refused_by_the_name_of_the_field() {
        let long = "a".repeat(MAX_PART_BYTES + 1);
        for (request, message) in [
            (json!({ "content": "Oslo" }), "`toolCallId` is missing."),
            (
                json!({ "toolCallId": "tc_1" }),
                "`content` or `error` is missing.",
            ),
            (
                json!({ "toolCallId": "tc_1", "content": "", "error": "" }),
                "Only one of `content` and `error` can be present.",
            ),
            (
                json!({ "toolCallId": "tc_1", "content": "", "part": 2 }),
                "`part` must be 1 to 1.",
            ),
            (
                json!({ "toolCallId": "tc_1", "content": "", "of": 5 }),
                "`of` must be 1 to 4.",
            ),
            (
                json!({ "toolCallId": "tc_1", "content": long, "of": 2 }),
                "A part of a result must have at most 24576 bytes of UTF-8.",
            ),
        ] {
            assert_eq!(parse(&request), Err(message.to_owned()));
        }
    }
}
