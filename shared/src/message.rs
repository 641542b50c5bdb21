//! A conversation as we keep it: our own shape, not an SDK's and not the wire's.
//!
//! One [`Message`] is one turn as the model sees it. A client sees its parts under their own ids: each
//! text block and each tool result is a message on the wire (docs/protocol.md section 2), so blocks carry ids.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{CallId, MessageId, RunId};

/// Whose turn a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The person, or the results of tools.
    User,
    /// The model.
    Assistant,
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The message's name; a user message keeps the one its client gave.
    pub id: MessageId,
    /// Whose turn it is.
    pub role: Role,
    /// What was said, in the order it was said. May be empty for an answer that was cancelled at once.
    pub blocks: Vec<Block>,
    /// The run that made it.
    pub run_id: RunId,
    /// The run was cancelled while this was being said.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancelled: bool,
    /// Stored before its tool calls ran, because they may not be repeated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub calling: bool,
    /// What the model call cost, on assistant messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

impl Message {
    /// A plain user message: the kind a window of history may start with.
    pub fn user(id: MessageId, run_id: RunId, text: impl Into<String>) -> Self {
        let blocks = vec![Block::Text {
            id: id.clone(),
            text: text.into(),
        }];
        Self {
            id,
            role: Role::User,
            blocks,
            run_id,
            cancelled: false,
            calling: false,
            usage: None,
        }
    }

    /// An assistant's turn, or with [`Role::User`] the results of its tools.
    pub fn new(role: Role, run_id: RunId, blocks: Vec<Block>) -> Self {
        Self {
            id: MessageId::random(),
            role,
            blocks,
            run_id,
            cancelled: false,
            calling: false,
            usage: None,
        }
    }

    /// A user message without tool results.
    pub fn is_plain_user(&self) -> bool {
        self.role == Role::User
            && !self
                .blocks
                .iter()
                .any(|b| matches!(b, Block::ToolResult(_)))
    }

    /// The tool calls of an assistant's turn, in order.
    pub fn calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.blocks.iter().filter_map(|block| match block {
            Block::ToolCall(call) => Some(call),
            _ => None,
        })
    }
}

/// A part of a turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    /// Words, under the message id they were streamed with.
    Text {
        /// The wire's id of this text.
        id: MessageId,
        /// The words. May be blank: the model says `"\n"` at times; a request leaves such a block out.
        text: String,
    },
    /// Thinking that must go back to the same model unchanged. The text may be empty while the signature
    /// is not (Bedrock, "Adaptive thinking", display `omitted`).
    Reasoning {
        /// The thinking, as far as the model shows it.
        text: String,
        /// The model's seal on it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
    },
    /// Thinking the model gave out sealed only.
    RedactedReasoning {
        /// The sealed bytes, in base64.
        data: String,
    },
    /// The model wants a tool run.
    ToolCall(ToolCall),
    /// What a tool said.
    ToolResult(ToolResult),
}

/// The model wants a tool run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolCall {
    /// The call's name.
    pub id: CallId,
    /// The tool's name as the model wrote it: it may name a tool that does not exist.
    pub name: String,
    /// The arguments: an object, or whatever else the model wrote.
    pub input: Value,
    /// The wire's id of the message the call hangs on.
    pub parent: MessageId,
}

/// What a tool said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolResult {
    /// The wire's id of this result.
    pub message_id: MessageId,
    /// The call it answers.
    pub call_id: CallId,
    /// How the call went.
    pub outcome: Outcome,
    /// The text for the model, whole.
    pub content: String,
}

/// How a tool call went; `lw.outcome` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It answered.
    Success,
    /// It failed, was unknown, or its arguments were no good.
    Error,
    /// A person said no.
    Denied,
    /// The run was cancelled before it answered.
    Cancelled,
}

/// Bedrock's count of one model call, in tokens. `input_tokens` excludes what the cache gave or took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Tokens read, without those of the cache.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Bedrock's sum.
    pub total_tokens: u64,
    /// Tokens the prompt cache gave.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cache_read_input_tokens: u64,
    /// Tokens the prompt cache took.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cache_write_input_tokens: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's skip_serializing_if passes a reference"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl std::ops::Add for Usage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens + other.input_tokens,
            output_tokens: self.output_tokens + other.output_tokens,
            total_tokens: self.total_tokens + other.total_tokens,
            cache_read_input_tokens: self.cache_read_input_tokens + other.cache_read_input_tokens,
            cache_write_input_tokens: self.cache_write_input_tokens
                + other.cache_write_input_tokens,
        }
    }
}
