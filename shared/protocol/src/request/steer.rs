//! `steer`: sends a text to an unfinished run.

use longwire_core::ids::{MessageId, RunId, ThreadId};

use crate::request::fields::Fields;
use crate::request::legacy;
use crate::request::text::{MAX_STEER_BYTES, check_text};
use crate::response::error::{ErrorResponse, invalid};

/// Request to send a text to a run. The response is an [`Ack`](crate::response::ack::Ack).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steer {
    /// Thread of the run; absent: the connection's.
    pub thread_id: Option<ThreadId>,
    /// Run.
    pub run_id: RunId,
    /// Id of the user message, chosen by a client that may have to repeat the request.
    pub message_id: Option<MessageId>,
    /// Text of the user message, at most 8 KB, not blank.
    pub text: String,
}

impl Steer {
    /// Parses the fields of the request.
    pub(super) fn parse(fields: &Fields<'_>) -> Result<Self, ErrorResponse> {
        for field in ["text", "runId", "messageId"] {
            fields.text(field)?;
        }
        let run_id = fields.id("runId", RunId::parse)?;
        let text = fields.text("text")?;
        let text = text.ok_or_else(|| invalid("`text` is missing."))?;
        Ok(Self {
            thread_id: legacy::thread_id(fields)?,
            run_id: run_id.ok_or_else(|| invalid("`runId` is missing."))?,
            message_id: fields.id("messageId", MessageId::parse)?,
            text: check_text("text", text, MAX_STEER_BYTES)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parse(request: &Value) -> Result<Steer, String> {
        Steer::parse(&Fields::new(request)).map_err(|error| error.message)
    }

    #[test]
    fn a_text_names_its_run() {
        let steer = parse(&json!({ "runId": "r1", "text": "in Celsius", "threadId": "t1" }));
        let expected = Steer {
            thread_id: Some(ThreadId::trusted("t1")),
            run_id: RunId::trusted("r1"),
            message_id: None,
            text: "in Celsius".to_owned(),
        };
        assert_eq!(steer, Ok(expected));
    }

    #[test]
    fn refusals_name_the_field_and_the_limit() {
        for (request, message) in [
            (json!({ "text": "x" }), "`runId` is missing."),
            (json!({ "runId": "r1" }), "`text` is missing."),
            (
                json!({ "runId": "r1", "text": 7 }),
                "`text` must be a string.",
            ),
            (
                json!({ "runId": "r1", "text": " \n" }),
                "`text` must not be empty or blank.",
            ),
            (
                json!({ "runId": "r1", "text": "é".repeat(4097) }),
                "The `text` must have at most 8192 bytes of UTF-8.",
            ),
        ] {
            assert_eq!(parse(&request), Err(message.to_owned()));
        }
        let longest = json!({ "runId": "r1", "text": "é".repeat(4096) });
        assert!(parse(&longest).is_ok());
    }
}
