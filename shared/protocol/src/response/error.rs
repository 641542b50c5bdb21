//! `error`: a message was refused, and nothing was started (docs/protocol.md section 6).

use serde::Serialize;

use longwire_core::ids::{RunId, ThreadId};

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorResponse {
    /// The message's id, wherever it can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Why, for programs.
    pub code: Code,
    /// Why, for people: names the field and the limit. Never a stack trace, an ARN or an account id.
    pub message: String,
    /// The same message may be accepted later.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub retryable: bool,
    /// When that may be, in milliseconds from now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u32>,
    /// The thread it was for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<ThreadId>,
    /// The run that was to start: starting it again under this name is safe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
}

impl ErrorResponse {
    /// A refusal of a message about which nothing else is known.
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

/// Why a message was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// It begins like JSON and is none.
    InvalidJson,
    /// A field is missing, of a wrong type or beyond a limit.
    InvalidMessage,
    /// There is no such action, or not yet.
    UnknownAction,
    /// The client speaks another major version.
    UnsupportedVersion,
    /// There is no such format.
    UnsupportedFormat,
    /// The connection is not known any more.
    Unauthorized,
    /// There is no such thread of this user.
    ThreadNotFound,
    /// There is no such run of this thread, or it is forgotten.
    RunNotFound,
    /// The thread's line is full, or a run is active and the message would not wait.
    ThreadBusy,
    /// The connection sends too many messages.
    RateLimited,
    /// The run ended too long ago for its lines to be sent again.
    ResumeExpired,
    /// It has more bytes than it may.
    PayloadTooLarge,
    /// A service did not answer in time.
    Unavailable,
    /// A fault of ours.
    Internal,
}

impl Code {
    /// Whether the same message may be accepted later.
    pub fn retryable(self) -> bool {
        matches!(
            self,
            Self::ThreadBusy | Self::RateLimited | Self::Unavailable | Self::Internal
        )
    }

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidJson => "invalid_json",
            Self::InvalidMessage => "invalid_message",
            Self::UnknownAction => "unknown_action",
            Self::UnsupportedVersion => "unsupported_version",
            Self::UnsupportedFormat => "unsupported_format",
            Self::Unauthorized => "unauthorized",
            Self::ThreadNotFound => "thread_not_found",
            Self::RunNotFound => "run_not_found",
            Self::ThreadBusy => "thread_busy",
            Self::RateLimited => "rate_limited",
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
    use crate::response::Response;

    #[test]
    fn fields_stand_in_the_protocols_order() {
        let error = ErrorResponse {
            id: Some("2".to_owned()),
            thread_id: Some(ThreadId::trusted("t1")),
            run_id: Some(RunId::trusted("r1")),
            ..ErrorResponse::new(Code::ThreadBusy, "A run is active on this thread.")
        };
        assert_eq!(
            Response::Error(error).json(),
            r#"{"type":"error","id":"2","code":"thread_busy","message":"A run is active on this thread.","retryable":true,"threadId":"t1","runId":"r1"}"#
        );
        assert_eq!(
            Response::Error(ErrorResponse::new(Code::InvalidJson, "no")).json(),
            r#"{"type":"error","code":"invalid_json","message":"no"}"#
        );
    }

    #[test]
    fn a_code_has_one_name() {
        for code in [Code::InvalidJson, Code::UnsupportedVersion, Code::Internal] {
            let serialized = serde_json::to_string(&code).expect("a string");
            assert_eq!(serialized, format!("\"{}\"", code.name()));
        }
    }
}
