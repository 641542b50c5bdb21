//! The events of a run: AG-UI 1.0, unwrapped (docs/protocol.md section 2).
//!
//! Only the events that Longwire sends are here. Fields are in the order in which people read them in a terminal.
//! Absent values are left out.

use longwire_core::ids::{CallId, MessageId, RunId, ThreadId};
use longwire_core::run::RunErrorCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::interrupt::Interrupt;
use crate::numbered::Annotations;

/// Version of AG-UI that the events follow.
pub const PROTOCOL_VERSION: &str = "1.0";

/// Name of the CUSTOM event with the status of a tool or of a model call.
pub const STATUS: &str = "lw.status";

/// Name of the CUSTOM event of a restart.
pub const RESTART: &str = "lw.restart";

/// Name of the CUSTOM event of a text that was sent to the run while it was unfinished.
pub const STEERED: &str = "lw.steered";

/// Event of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase"
)]
pub enum Event {
    /// A worker claimed the run. A prompt of more than 8 KB is left out.
    RunStarted {
        thread_id: ThreadId,
        run_id: RunId,
        protocol_version: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Box<RunInput>>,
    },
    /// A request is sent to the model.
    StepStarted { step_name: String },
    /// A text block begins.
    TextMessageStart {
        message_id: MessageId,
        role: AssistantRole,
    },
    /// Part of the text, at most 8 KB.
    TextMessageContent {
        message_id: MessageId,
        delta: String,
    },
    /// The text block is complete.
    TextMessageEnd { message_id: MessageId },
    /// A span of reasoning begins; only in runs with `options.reasoning`.
    ReasoningStart { message_id: MessageId },
    /// The text of the reasoning begins.
    ReasoningMessageStart {
        message_id: MessageId,
        role: ReasoningRole,
    },
    /// Part of the text.
    ReasoningMessageContent {
        message_id: MessageId,
        delta: String,
    },
    /// The text of the reasoning is complete.
    ReasoningMessageEnd { message_id: MessageId },
    /// The span of reasoning is complete.
    ReasoningEnd { message_id: MessageId },
    /// The model calls a tool.
    ToolCallStart {
        tool_call_id: CallId,
        tool_call_name: String,
        parent_message_id: MessageId,
    },
    /// Part of the arguments' JSON text.
    ToolCallArgs { tool_call_id: CallId, delta: String },
    /// The arguments are complete.
    ToolCallEnd { tool_call_id: CallId },
    /// Result of the tool, truncated to 16 KB.
    ToolCallResult {
        message_id: MessageId,
        tool_call_id: CallId,
        content: String,
        role: ToolRole,
    },
    /// The model call is complete.
    StepFinished { step_name: String },
    /// Extension of Longwire, such as [`STATUS`].
    Custom { name: String, value: Value },
    /// The run ended and did not fail.
    RunFinished {
        thread_id: ThreadId,
        run_id: RunId,
        outcome: RunOutcome,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        usage: Vec<ModelUsage>,
    },
    /// The run failed.
    RunError { message: String, code: RunErrorCode },
}

impl Event {
    /// Status of a tool call, as text for people.
    pub fn status(text: &str, call: &CallId) -> Self {
        Self::Custom {
            name: STATUS.to_owned(),
            value: json!({ "text": text, "toolCallId": call }),
        }
    }

    /// Status of a model call, as text for people.
    pub fn model_status(text: impl Into<String>) -> Self {
        Self::Custom {
            name: STATUS.to_owned(),
            value: json!({ "text": text.into() }),
        }
    }

    /// The run took in a text that was sent to it.
    pub fn steered(message_id: &MessageId, text: &str) -> Self {
        Self::Custom {
            name: STEERED.to_owned(),
            value: json!({ "messageId": message_id, "text": text }),
        }
    }

    /// Restart of the run by another worker. Its events after number `keep` are void.
    pub fn restart(keep: u64) -> Self {
        Self::Custom {
            name: RESTART.to_owned(),
            value: json!({ "keep": keep }),
        }
    }
}

/// Author of a text message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AssistantRole {
    /// Model.
    Assistant,
}

/// Author of a reasoning message; AG-UI 1.0 requires the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReasoningRole {
    /// Model.
    Reasoning,
}

/// Author of a tool result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToolRole {
    /// Tool.
    Tool,
}

/// Input of a run, for the other clients of its thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunInput {
    /// Thread of the run.
    pub thread_id: ThreadId,
    /// Id of the run.
    pub run_id: RunId,
    /// New messages only.
    pub messages: Vec<InputMessage>,
    /// Tools of the client.
    pub tools: Vec<Value>,
    /// Context from the client.
    pub context: Vec<Value>,
    /// State of the client's application, as it came with the request; empty when it is long.
    pub state: Map<String, Value>,
    /// Always empty; AG-UI requires the field.
    pub forwarded_props: Map<String, Value>,
}

/// User message, or result of a client's tool or of a denied call, in [`RunInput`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InputMessage {
    /// Id of the message.
    pub id: MessageId,
    /// `user` or `tool`.
    pub role: String,
    /// Call of the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<CallId>,
    /// Text of the message.
    pub content: String,
    /// Outcome of the call, and whether its content is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Box<Annotations>>,
}

/// Outcome of a run that did not fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "lowercase",
    rename_all_fields = "camelCase"
)]
pub enum RunOutcome {
    /// Ended by the model; the last STEP_FINISHED has its stop reason.
    Success {
        /// Calls that the client makes, in the order of the model.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pending_tool_call_ids: Vec<CallId>,
    },
    /// Ended until a person has decided about these calls.
    Interrupt {
        /// One for each call that needs approval, in the order of the model; at least one.
        interrupts: Vec<Interrupt>,
    },
    /// Cancelled by a person, a policy or a limit; `lw.reason` names it.
    Cancelled,
}

impl RunOutcome {
    /// Tells whether the run left calls open, for the client or for approvals.
    pub fn needs_answers(&self) -> bool {
        match self {
            Self::Success {
                pending_tool_call_ids,
            } => !pending_tool_call_ids.is_empty(),
            Self::Interrupt { .. } => true,
            Self::Cancelled => false,
        }
    }
}

/// Tokens that a run used at one model, summed over its steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelUsage {
    /// Always `bedrock`.
    pub provider: String,
    /// Model id or inference profile of the requests.
    pub model: String,
    /// Input tokens, including cached ones.
    pub input_tokens: u64,
    /// Input tokens read from the cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input_tokens: Option<u64>,
    /// Input tokens written to the cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_input_tokens: Option<u64>,
    /// Output tokens.
    pub output_tokens: u64,
    /// Input and output tokens.
    pub total_tokens: u64,
}
