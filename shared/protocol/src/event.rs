//! The events of a run: AG-UI 1.0, unwrapped (docs/protocol.md section 2).
//!
//! Only what Longwire sends is here. Fields stand in the order people read them in a terminal; what is
//! absent is left out, never `null`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use longwire_core::ids::{CallId, MessageId, RunId, ThreadId};
use longwire_core::run::RunErrorCode;

/// The version of AG-UI these events follow.
pub const PROTOCOL_VERSION: &str = "1.0";

/// The name of the CUSTOM event that tells what a tool is doing.
pub const STATUS: &str = "lw.status";

/// The name of the CUSTOM event that takes a run's last lines back.
pub const RESTART: &str = "lw.restart";

/// One event of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase"
)]
pub enum Event {
    /// A worker took the run. The input is left out when it is over 8 KB.
    RunStarted {
        thread_id: ThreadId,
        run_id: RunId,
        protocol_version: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Box<RunInput>>,
    },
    /// A request leaves for the model.
    StepStarted { step_name: String },
    /// The first words of a text block.
    TextMessageStart {
        message_id: MessageId,
        role: AssistantRole,
    },
    /// More words; at most 8 KB in one event.
    TextMessageContent {
        message_id: MessageId,
        delta: String,
    },
    /// The text block is complete.
    TextMessageEnd { message_id: MessageId },
    /// A span of thinking begins; only sent to runs that asked for it.
    ReasoningStart { message_id: MessageId },
    /// The thinking's text begins.
    ReasoningMessageStart {
        message_id: MessageId,
        role: ReasoningRole,
    },
    /// More thinking.
    ReasoningMessageContent {
        message_id: MessageId,
        delta: String,
    },
    /// The thinking's text is complete.
    ReasoningMessageEnd { message_id: MessageId },
    /// The span is complete.
    ReasoningEnd { message_id: MessageId },
    /// The model calls a tool.
    ToolCallStart {
        tool_call_id: CallId,
        tool_call_name: String,
        parent_message_id: MessageId,
    },
    /// A piece of the arguments' JSON text.
    ToolCallArgs { tool_call_id: CallId, delta: String },
    /// The arguments are complete.
    ToolCallEnd { tool_call_id: CallId },
    /// What the tool said, cut at 16 KB.
    ToolCallResult {
        message_id: MessageId,
        tool_call_id: CallId,
        content: String,
        role: ToolRole,
    },
    /// The model call is over.
    StepFinished { step_name: String },
    /// Something of Longwire's own, such as `lw.status`.
    Custom { name: String, value: Value },
    /// The run ended without failing.
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
    /// What the tool of a call is doing, in words for people.
    pub fn status(text: &str, call: &CallId) -> Self {
        Self::Custom {
            name: STATUS.to_owned(),
            value: json!({ "text": text, "toolCallId": call }),
        }
    }

    /// Another worker took the run over: its lines after number `keep` are void.
    pub fn restart(keep: u64) -> Self {
        Self::Custom {
            name: RESTART.to_owned(),
            value: json!({ "keep": keep }),
        }
    }
}

macro_rules! constant_role {
    ($(#[$doc:meta])* $type:ident, $variant:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum $type {
            /// The only one.
            $variant,
        }
    };
}

constant_role! {
    /// Who speaks in a text message.
    AssistantRole, Assistant
}
constant_role! {
    /// Who speaks in a reasoning message; AG-UI 1.0 requires it.
    ReasoningRole, Reasoning
}
constant_role! {
    /// Who speaks in a tool's result.
    ToolRole, Tool
}

/// What a run was started with, as other clients on the thread see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunInput {
    /// The thread.
    pub thread_id: ThreadId,
    /// The run.
    pub run_id: RunId,
    /// The new messages only.
    pub messages: Vec<InputMessage>,
    /// The client's tools.
    pub tools: Vec<Value>,
    /// The client's context.
    pub context: Vec<Value>,
    /// AG-UI requires it; Longwire has no shared state.
    pub state: Map<String, Value>,
    /// AG-UI requires it.
    pub forwarded_props: Map<String, Value>,
}

/// A user's message in [`RunInput`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InputMessage {
    /// The message's id.
    pub id: MessageId,
    /// `user`.
    pub role: String,
    /// The words.
    pub content: String,
}

/// How a run ended that did not fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum RunOutcome {
    /// It answered; the last STEP_FINISHED says why the model stopped.
    Success,
    /// It was stopped, by somebody or by a limit of ours; `lw.reason` says by what.
    Cancelled,
}

/// What a run cost at one model, in tokens, summed over its steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelUsage {
    /// `bedrock`.
    pub provider: String,
    /// The model id or inference profile asked for.
    pub model: String,
    /// Tokens read, those of the cache included.
    pub input_tokens: u64,
    /// Tokens the cache gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input_tokens: Option<u64>,
    /// Tokens the cache took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_input_tokens: Option<u64>,
    /// Tokens written.
    pub output_tokens: u64,
    /// Input and output together.
    pub total_tokens: u64,
}
