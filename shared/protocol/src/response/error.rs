//! `error`: a request was refused, and nothing was started (docs/protocol.md section 6).

use longwire_core::ids::{RunId, ThreadId};
use longwire_core::shape::Format;
use serde::Serialize;

use crate::format::render_error;
use crate::response;

/// Response to a request that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "error", rename_all = "camelCase")]
pub struct ErrorResponse {
    /// Id of the request, if it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Reason for programs.
    pub code: Code,
    /// Reason for people, with the field and its limit. Never a stack trace, an ARN or an account id.
    pub message: String,
    /// Set when the same request may be accepted later.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub retryable: bool,
    /// Time until then, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u32>,
    /// Thread of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<ThreadId>,
    /// Run of the request. A start may be repeated under this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
}

impl ErrorResponse {
    /// Makes a response to a request of which nothing else is known.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            id: None,
            code,
            message: message.into(),
            retryable: code.retryable(),
            retry_after_ms: None,
            thread_id: None,
            run_id: None,
        }
    }
}

impl ErrorResponse {
    /// Serializes the response to one line of JSON.
    pub fn json(&self) -> String {
        response::json(self)
    }

    /// Renders the response in a format.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Agui => self.json(),
            Format::Blocks | Format::Typed | Format::Simple | Format::Bedrock | Format::Text => {
                render_error(format, self.code.name(), &self.message)
            }
        }
    }
}

/// Makes the response to a request with an invalid field.
pub fn invalid(message: impl Into<String>) -> ErrorResponse {
    ErrorResponse::new(Code::InvalidMessage, message)
}

/// Makes the response to a request with a part of more than `max` bytes.
pub(crate) fn too_large(part: &str, max: usize) -> ErrorResponse {
    ErrorResponse::new(
        Code::PayloadTooLarge,
        format!("{part} must have at most {max} bytes of UTF-8."),
    )
}

/// Makes the response to a request for a format that does not exist.
pub fn unsupported_format() -> ErrorResponse {
    let known: Vec<_> = Format::ALL.iter().map(|format| format.name()).collect();
    ErrorResponse::new(
        Code::UnsupportedFormat,
        format!("`format` must be one of {}.", known.join(", ")),
    )
}

/// Reason of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Text that begins like JSON and is not JSON.
    InvalidJson,
    /// Field that is missing, of another type or beyond a limit.
    InvalidMessage,
    /// Action that this server does not know.
    UnknownAction,
    /// Major version of AG-UI that this server does not support.
    UnsupportedVersion,
    /// Format that does not exist.
    UnsupportedFormat,
    /// Connection that has no row any more, or that may not be used; token that is refused.
    Unauthorized,
    /// Connection whose token has expired.
    TokenExpired,
    /// Token of another user, or a room that the connection may not join.
    Forbidden,
    /// Thread that the user does not have.
    ThreadNotFound,
    /// Run that the thread does not have, or that has expired.
    RunNotFound,
    /// Thread with a full run queue, or with an active run when the prompt would not wait.
    ThreadBusy,
    /// Thread that waits for results of the client's tools, or for approvals.
    AnswersPending,
    /// Call that the thread does not wait for.
    NotPending,
    /// Interrupt whose wait has expired.
    InterruptExpired,
    /// Connection that sends too many requests.
    RateLimited,
    /// User who has spent what a limit allows.
    QuotaExceeded,
    /// Run that ended too long ago for its events to be sent again.
    ResumeExpired,
    /// Request, or part of one, with too many bytes.
    PayloadTooLarge,
    /// Service of AWS that did not respond in time.
    Unavailable,
    /// Error of Longwire itself.
    Internal,
}

impl Code {
    /// Tells whether the same request may be accepted later.
    pub fn retryable(self) -> bool {
        matches!(
            self,
            Self::ThreadBusy | Self::RateLimited | Self::Unavailable | Self::Internal
        )
    }

    /// Name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidJson => "invalid_json",
            Self::InvalidMessage => "invalid_message",
            Self::UnknownAction => "unknown_action",
            Self::UnsupportedVersion => "unsupported_version",
            Self::UnsupportedFormat => "unsupported_format",
            Self::Unauthorized => "unauthorized",
            Self::TokenExpired => "token_expired",
            Self::Forbidden => "forbidden",
            Self::ThreadNotFound => "thread_not_found",
            Self::RunNotFound => "run_not_found",
            Self::ThreadBusy => "thread_busy",
            Self::AnswersPending => "answers_pending",
            Self::NotPending => "not_pending",
            Self::InterruptExpired => "interrupt_expired",
            Self::RateLimited => "rate_limited",
            Self::QuotaExceeded => "quota_exceeded",
            Self::ResumeExpired => "resume_expired",
            Self::PayloadTooLarge => "payload_too_large",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_in_the_order_of_the_protocol() {
        let error = ErrorResponse {
            id: Some("2".to_owned()),
            thread_id: Some(ThreadId::trusted("t1")),
            run_id: Some(RunId::trusted("r1")),
            ..ErrorResponse::new(Code::ThreadBusy, "A run is active on this thread.")
        };
        assert_eq!(
            error.json(),
            r#"{"type":"error","id":"2","code":"thread_busy","message":"A run is active on this thread.","retryable":true,"threadId":"t1","runId":"r1"}"#
        );
        assert_eq!(
            ErrorResponse::new(Code::InvalidJson, "no").json(),
            r#"{"type":"error","code":"invalid_json","message":"no"}"#
        );
    }

    #[test]
    fn a_code_is_serialized_as_its_name() {
        for code in [Code::InvalidJson, Code::UnsupportedVersion, Code::Internal] {
            let serialized = serde_json::to_string(&code).expect("a string");
            assert_eq!(serialized, format!("\"{}\"", code.name()));
        }
    }
}
