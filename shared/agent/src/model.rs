//! The model as the agent sees it: one question in, a stream of our own deltas out.

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use serde_json::Value;

use longwire_core::ids::{CallId, RunId, ThreadId};
use longwire_core::message::{Role, Usage};
use longwire_core::run::RunErrorCode;
use longwire_core::tool::ToolSpec;

/// Something that answers conversations. The only trait of the product: production has Bedrock, a test
/// what it needs.
pub trait Model: Send + Sync {
    /// Sends the request and returns when the answer begins. Dropping the stream stops the answer.
    fn stream(&self, request: Request) -> BoxFuture<'_, Result<Deltas, ModelError>>;
}

/// An answer as it comes.
pub type Deltas = BoxStream<'static, Result<Delta, ModelError>>;

/// One question to the model. Only [`crate::context_window`] makes the turns, so that they are always valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The system prompt; blank means none.
    pub system: String,
    /// The conversation.
    pub turns: Vec<Turn>,
    /// What the model may call.
    pub tools: Vec<ToolSpec>,
    /// The most tokens it may write.
    pub max_tokens: u32,
    /// The run, for the model's own log.
    pub run_id: RunId,
    /// The thread, for the model's own log.
    pub thread_id: ThreadId,
}

/// A turn as the model may read it.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// Whose it is; they alternate, the user first.
    pub role: Role,
    /// Never empty.
    pub parts: Vec<Part>,
}

/// A part of a turn.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Words, never blank.
    Text(String),
    /// Thinking, as it came.
    Reasoning {
        /// May be empty.
        text: String,
        /// The model's seal.
        signature: Option<String>,
    },
    /// Sealed thinking, in base64.
    RedactedReasoning(String),
    /// A call, answered in the next turn.
    ToolCall {
        /// The call.
        id: CallId,
        /// The tool.
        name: String,
        /// The arguments, always an object.
        input: Value,
    },
    /// An answer to a call of the turn before.
    ToolResult {
        /// The call.
        id: CallId,
        /// It went wrong.
        error: bool,
        /// Never blank.
        text: String,
    },
    /// Everything up to here is likely to come again: worth caching.
    CachePoint,
}

/// A piece of an answer. `block` is Bedrock's contentBlockIndex; blocks may interleave.
#[derive(Debug, Clone, PartialEq)]
pub enum Delta {
    /// Words.
    Text {
        /// Of this block.
        block: u32,
        /// The words.
        text: String,
    },
    /// Thinking.
    Reasoning {
        /// Of this block.
        block: u32,
        /// What is new of it.
        thought: Thought,
    },
    /// A tool call begins.
    ToolStart {
        /// In this block.
        block: u32,
        /// The tool's name.
        name: String,
    },
    /// A piece of a call's arguments, as JSON text.
    ToolInput {
        /// Of this block.
        block: u32,
        /// The piece.
        json: String,
    },
    /// A block is complete. It may never come for a block that was cut.
    BlockStop {
        /// This one.
        block: u32,
    },
    /// The answer is over.
    Stop(StopReason),
    /// What it cost; comes after [`Delta::Stop`].
    Metadata {
        /// Tokens.
        usage: Usage,
        /// Bedrock's own measure, in milliseconds.
        latency_ms: u64,
    },
}

/// A piece of thinking.
#[derive(Debug, Clone, PartialEq)]
pub enum Thought {
    /// Its words.
    Text(String),
    /// A piece of its seal.
    Signature(String),
    /// Sealed bytes, in base64, complete.
    Redacted(String),
}

/// Why the model stopped: Bedrock's words (Bedrock API reference, "MessageStopEvent").
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopReason {
    /// It said all it had to say.
    EndTurn,
    /// It wants tools run.
    ToolUse,
    /// It may not write more.
    MaxTokens,
    /// It came to a configured word.
    StopSequence,
    /// A guardrail stepped in.
    GuardrailIntervened,
    /// The provider's filter stepped in.
    ContentFiltered,
    /// It wrote something unreadable.
    MalformedModelOutput,
    /// It wrote an unreadable tool call.
    MalformedToolUse,
    /// The conversation is longer than it takes.
    ModelContextWindowExceeded,
    /// A word this version does not know.
    Unknown(String),
}

impl StopReason {
    /// The word on the wire.
    pub fn name(&self) -> &str {
        match self {
            Self::EndTurn => "end_turn",
            Self::ToolUse => "tool_use",
            Self::MaxTokens => "max_tokens",
            Self::StopSequence => "stop_sequence",
            Self::GuardrailIntervened => "guardrail_intervened",
            Self::ContentFiltered => "content_filtered",
            Self::MalformedModelOutput => "malformed_model_output",
            Self::MalformedToolUse => "malformed_tool_use",
            Self::ModelContextWindowExceeded => "model_context_window_exceeded",
            Self::Unknown(word) => word,
        }
    }
}

/// What went wrong at the model, in words the caller can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {detail}")]
pub struct ModelError {
    /// What to do about it.
    pub kind: ModelErrorKind,
    /// What the service said; for the log, never for a client.
    pub detail: String,
}

/// The kinds of trouble with a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ModelErrorKind {
    /// Too many requests or tokens for now.
    #[error("the model is throttled")]
    Throttled,
    /// Down, or not ready.
    #[error("the model is unavailable")]
    Unavailable,
    /// It said nothing for too long.
    #[error("the model fell silent")]
    Timeout,
    /// The stream broke off, or ended without its final event.
    #[error("the model's stream broke off")]
    Stream,
    /// Not ours to use.
    #[error("access to the model is denied")]
    AccessDenied,
    /// The request is no good.
    #[error("the model refused the request")]
    Invalid,
    /// The conversation is too long for it.
    #[error("the conversation is too long for the model")]
    ContextTooLong,
}

impl ModelErrorKind {
    /// Whether the same request, sent again, may well succeed.
    pub fn retryable(self) -> bool {
        matches!(
            self,
            Self::Throttled | Self::Unavailable | Self::Timeout | Self::Stream
        )
    }

    /// The code a client is told.
    pub fn code(self) -> RunErrorCode {
        match self {
            Self::Throttled => RunErrorCode::ModelThrottled,
            Self::Unavailable => RunErrorCode::ModelUnavailable,
            Self::Timeout => RunErrorCode::ModelTimeout,
            Self::Stream => RunErrorCode::ModelStreamError,
            Self::AccessDenied => RunErrorCode::ModelAccessDenied,
            Self::Invalid => RunErrorCode::ModelInvalidRequest,
            Self::ContextTooLong => RunErrorCode::ContextTooLong,
        }
    }
}
