//! The model as the agent sees it: a request in, a stream of deltas out.

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use longwire_core::ids::{CallId, RunId, ThreadId};
use longwire_core::message::{Role, Usage};
use longwire_core::run::RunErrorCode;
use longwire_core::tool::ToolSpec;
use serde_json::Value;

/// Model that answers conversations. The only trait of the product: production uses Bedrock, tests use scripts.
pub trait Model: Send + Sync {
    /// Sends the request and returns once the reply begins. Dropping the stream closes it.
    fn stream(&self, request: Request) -> BoxFuture<'_, Result<Deltas, ModelError>>;

    /// Id of the model. Reasoning goes back only to the model that made it.
    fn id(&self) -> &str;

    /// Size of the model's context window, in tokens, the reply included.
    fn context_tokens(&self) -> u64;
}

/// Stream of a reply. An error is its last item.
pub type Deltas = BoxStream<'static, Result<Delta, ModelError>>;

/// Request to the model. Only [`crate::context_window`] makes its turns, so that they are always valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// System prompt; blank for none.
    pub system: String,
    /// Conversation.
    pub turns: Vec<Turn>,
    /// Tools that the model may call.
    pub tools: Vec<ToolSpec>,
    /// Most output tokens.
    pub max_tokens: u32,
    /// The client wants to see the reasoning.
    pub reasoning: bool,
    /// Id of the run, for Bedrock's invocation log.
    pub run_id: RunId,
    /// Id of the thread, for Bedrock's invocation log.
    pub thread_id: ThreadId,
}

/// One turn of the conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// Side of the conversation. Turns alternate, and the first is the user's.
    pub role: Role,
    /// Content, never empty.
    pub parts: Vec<Part>,
}

/// Part of a turn.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Text, never blank.
    Text(String),
    /// Reasoning, as the model returned it.
    Reasoning {
        /// Text, possibly empty.
        text: String,
        /// Signature of the model.
        signature: Option<String>,
    },
    /// Encrypted reasoning, in base64.
    RedactedReasoning(String),
    /// Tool call; the next turn has its result.
    ToolCall {
        /// Id of the call.
        id: CallId,
        /// Name of the tool.
        name: String,
        /// Arguments, always an object.
        input: Value,
    },
    /// Result of a tool call in the turn before.
    ToolResult {
        /// Id of the call.
        id: CallId,
        /// Set when the call failed.
        error: bool,
        /// Text of the result, never blank.
        text: String,
    },
    /// End of a prefix that later requests repeat, and that is worth caching.
    CachePoint,
}

impl Part {
    /// Tells whether the part is reasoning, as text or encrypted.
    pub fn is_reasoning(&self) -> bool {
        matches!(self, Self::Reasoning { .. } | Self::RedactedReasoning(_))
    }

    /// Tells whether the part is a tool call or its result.
    pub fn is_tool(&self) -> bool {
        matches!(self, Self::ToolCall { .. } | Self::ToolResult { .. })
    }
}

/// Event of a reply. `block` is Bedrock's contentBlockIndex; blocks may interleave.
#[derive(Debug, Clone, PartialEq)]
pub enum Delta {
    /// Delta of a text.
    Text {
        /// Index of the block.
        block: u32,
        /// Text of the delta.
        text: String,
    },
    /// Delta of reasoning.
    Reasoning {
        /// Index of the block.
        block: u32,
        /// Text or signature of the delta.
        delta: ReasoningDelta,
    },
    /// Start of a tool call.
    ToolStart {
        /// Index of the block.
        block: u32,
        /// Name of the tool.
        name: String,
    },
    /// Delta of a tool call's arguments, as JSON text.
    ToolInput {
        /// Index of the block.
        block: u32,
        /// Text of the delta.
        json: String,
    },
    /// End of a block. A block that was cut off may have none.
    BlockStop {
        /// Index of the block.
        block: u32,
    },
    /// End of the reply.
    Stop(StopReason),
    /// Metrics of the call; follows [`Delta::Stop`]. A model may send several, each with a part of them.
    Metadata {
        /// Token counts.
        usage: Option<Usage>,
        /// Latency as Bedrock measured it, in milliseconds.
        latency_ms: Option<u64>,
    },
}

impl Delta {
    /// Length of the content, in bytes.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Text { text, .. } => text.len(),
            Self::ToolStart { name, .. } => name.len(),
            Self::ToolInput { json, .. } => json.len(),
            Self::Reasoning { delta, .. } => match delta {
                ReasoningDelta::Text(text) | ReasoningDelta::Signature(text) => text.len(),
                ReasoningDelta::Redacted(bytes) => bytes.len(),
            },
            Self::BlockStop { .. } | Self::Stop(_) | Self::Metadata { .. } => 0,
        }
    }
}

/// Delta of reasoning.
#[derive(Debug, Clone, PartialEq)]
pub enum ReasoningDelta {
    /// Delta of the text.
    Text(String),
    /// Delta of the signature.
    Signature(String),
    /// Delta of encrypted reasoning.
    Redacted(Vec<u8>),
}

/// Reason why the model stopped (Bedrock API reference, "MessageStopEvent").
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopReason {
    /// The model completed its answer.
    EndTurn,
    /// The model asks for tools.
    ToolUse,
    /// The token limit of the request was reached.
    MaxTokens,
    /// A configured stop sequence was generated.
    StopSequence,
    /// A guardrail intervened.
    GuardrailIntervened,
    /// A content filter intervened.
    ContentFiltered,
    /// The model's output cannot be parsed.
    MalformedModelOutput,
    /// A tool call of the model cannot be parsed.
    MalformedToolUse,
    /// The model's context window was exceeded.
    ModelContextWindowExceeded,
    /// A reason that this version does not know.
    Unknown(String),
}

impl StopReason {
    /// Name on the wire.
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
            Self::Unknown(name) => name,
        }
    }
}

/// Error of a model call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {detail}")]
pub struct ModelError {
    /// Kind of the error, which decides on retries.
    pub kind: ModelErrorKind,
    /// Message of the service, for the log only, because it may name accounts and ARNs.
    pub detail: String,
}

/// Kind of a model error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ModelErrorKind {
    /// A quota of requests or tokens is exceeded for now.
    #[error("the model is throttled")]
    Throttled,
    /// A quota is used up for the day.
    #[error("the daily quota of the model is used up")]
    QuotaUsedUp,
    /// The service is unavailable, or the model is not ready.
    #[error("the model is unavailable")]
    Unavailable,
    /// No event arrived within the idle limit.
    #[error("the model timed out")]
    Timeout,
    /// The stream broke off, or ended without its final event.
    #[error("the model's stream broke off")]
    Stream,
    /// The reply has neither text nor a call, or a part of it cannot be read.
    #[error("the model's reply is empty or unreadable")]
    Unusable,
    /// The reply was cut off before it had text or a call.
    #[error("the model's reply was cut off before it began")]
    CutOff,
    /// The deployment may not use the model.
    #[error("access to the model is denied")]
    AccessDenied,
    /// A setting of the deployment does not fit the model.
    #[error("the model does not take a setting")]
    Misconfigured,
    /// The request is invalid.
    #[error("the model refused the request")]
    Invalid,
    /// The conversation exceeds the model's context window.
    #[error("the conversation is too long for the model")]
    ContextTooLong,
}

impl ModelErrorKind {
    /// Tells whether the same request may succeed when it is sent again.
    pub(super) fn retryable(self) -> bool {
        matches!(
            self,
            Self::Throttled | Self::Unavailable | Self::Timeout | Self::Stream | Self::Unusable
        )
    }

    /// Code of the failure on the wire.
    pub(super) fn code(self) -> RunErrorCode {
        match self {
            Self::Throttled => RunErrorCode::ModelThrottled,
            Self::QuotaUsedUp => RunErrorCode::ModelQuotaUsedUp,
            Self::Unavailable => RunErrorCode::ModelUnavailable,
            Self::Timeout => RunErrorCode::ModelTimeout,
            Self::Stream => RunErrorCode::ModelStreamError,
            Self::Unusable | Self::CutOff => RunErrorCode::ModelUnusableReply,
            Self::AccessDenied => RunErrorCode::ModelAccessDenied,
            Self::Misconfigured => RunErrorCode::ModelMisconfigured,
            Self::Invalid => RunErrorCode::ModelInvalidRequest,
            Self::ContextTooLong => RunErrorCode::ContextTooLong,
        }
    }
}
