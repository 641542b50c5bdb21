//! A conversation as it is stored: independent of the SDK's types and of the wire.
//!
//! One [`Message`] is one turn as the model sees it. A client sees parts of it under ids of their own: each text
//! block and each tool result is a message on the wire (docs/protocol.md section 2), so blocks carry ids.

use serde::{Deserialize, Serialize};

use crate::ids::{MessageId, RunId};
use crate::origin::Origin;
use crate::run_input::Context;
use crate::tool::{ToolCall, ToolResult};

/// Side of the conversation that a message belongs to.
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
    /// Id of the message; a user message keeps the one its client gave.
    pub id: MessageId,
    /// Side of the conversation.
    pub role: Role,
    /// Content, in order. Empty for an answer that was cancelled before its first token.
    pub blocks: Vec<Block>,
    /// Run that made the message.
    pub run_id: RunId,
    /// Set when the run was cancelled during this message.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancelled: bool,
    /// Set when a guardrail or a content filter stopped the model at this message. Later requests leave out its run,
    /// because the model would refuse each of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub filtered: bool,
    /// Set when the message was stored before its tool calls ran, because a call must not be repeated. On the first message of
    /// a run: the approved calls of the answer before it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub calling: bool,
    /// Set on a text that the user sent to the run while it was unfinished.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub steered: bool,
    /// Facts from the client for the model, on user messages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<Context>,
    /// Author of a user message.
    #[serde(default, skip_serializing_if = "Origin::is_user")]
    pub origin: Origin,
    /// Event that a service sent with its user message: a CloudEvent, as one line of JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Id of the model that wrote the message. Its reasoning goes back to no other one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Number of the first message of the thread that the model was shown, on assistant messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_from: Option<u64>,
    /// Tokens of the model call, on assistant messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

impl Message {
    /// Makes a plain user message.
    pub fn user(id: MessageId, run_id: RunId, text: impl Into<String>) -> Self {
        let blocks = vec![Block::Text {
            id: id.clone(),
            text: text.into(),
        }];
        Self {
            id,
            ..Self::new(Role::User, run_id, blocks)
        }
    }

    /// Makes the user message of a text that was sent to an unfinished run.
    pub fn steered(id: MessageId, run_id: RunId, text: impl Into<String>) -> Self {
        Self {
            steered: true,
            ..Self::user(id, run_id, text)
        }
    }

    /// Makes an assistant message or, with [`Role::User`], the results of its tool calls.
    pub fn new(role: Role, run_id: RunId, blocks: Vec<Block>) -> Self {
        Self {
            id: MessageId::random(),
            role,
            blocks,
            run_id,
            cancelled: false,
            filtered: false,
            calling: false,
            steered: false,
            context: Vec::new(),
            origin: Origin::User,
            event: None,
            model: None,
            shown_from: None,
            usage: None,
        }
    }

    /// Tells whether this is a user message without tool results.
    pub fn is_plain_user(&self) -> bool {
        self.role == Role::User
            && !self
                .blocks
                .iter()
                .any(|b| matches!(b, Block::ToolResult(_)))
    }

    /// Results that the message carries, in order.
    pub fn results(&self) -> impl Iterator<Item = &ToolResult> {
        self.blocks.iter().filter_map(|block| match block {
            Block::ToolResult(result) => Some(result),
            _ => None,
        })
    }

    /// Tells whether this is the user message that a run answers, the only kind that a context window may start with.
    pub fn is_prompt(&self) -> bool {
        self.is_plain_user() && !self.steered && !self.calling
    }

    /// Tool calls of an assistant message, in order.
    pub fn calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.blocks.iter().filter_map(|block| match block {
            Block::ToolCall(call) => Some(call),
            _ => None,
        })
    }
}

/// Calls of the last answer among `messages` that have no result, in order. Calls that a worker was making when it was lost
/// do not count, unless they were approved.
pub fn open_calls(messages: &[Message]) -> Vec<&ToolCall> {
    let last = messages
        .iter()
        .rposition(|message| message.role == Role::Assistant);
    let Some((answer, later)) = last.and_then(|last| messages[last..].split_first()) else {
        return Vec::new();
    };
    let has_result = |call: &&ToolCall| {
        let mut results = later.iter().flat_map(Message::results);
        results.any(|result| result.call_id == call.id)
    };
    let calls = answer.calls().filter(|_| !answer.calling);
    calls.filter(|call| !has_result(call)).collect()
}

/// Tells whether a worker began to make the approved calls of the last answer, and was lost before it stored their results.
pub fn approved_calls_maybe_made(messages: &[Message]) -> bool {
    let later = messages.iter().rev();
    let mut later = later.take_while(|message| message.role == Role::User);
    later.any(|message| message.calling)
}

/// Part of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    /// Text, under the message id it was streamed with.
    Text {
        /// Id of this text on the wire.
        id: MessageId,
        /// The text. Models answer `"\n"` at times, so it may be blank; a request leaves such a block out.
        text: String,
    },
    /// Reasoning that must go back to the same model unchanged. The text may be empty while the signature is not
    /// (Bedrock user guide, "Adaptive thinking", display `omitted`).
    Reasoning {
        /// Reasoning text, as far as the model shows it.
        text: String,
        /// Signature of the model.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
    },
    /// Reasoning that the model returned in encrypted form only.
    RedactedReasoning {
        /// Encrypted bytes, in base64.
        data: String,
    },
    /// Tool call of the model.
    ToolCall(ToolCall),
    /// Result of a tool call.
    ToolResult(ToolResult),
}

/// Token counts of one model call, as Bedrock reports them. `input_tokens` excludes tokens read from or written
/// to the prompt cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Input tokens, without those of the prompt cache.
    pub input_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// Total as Bedrock computes it.
    pub total_tokens: u64,
    /// Input tokens read from the prompt cache.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cache_read_input_tokens: u64,
    /// Input tokens written to the prompt cache.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cache_write_input_tokens: u64,
    /// Set when a part is an estimate: Bedrock reports the counts at the end of a reply, and this one was stopped before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's skip_serializing_if passes a reference"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Usage {
    /// Input tokens, with those of the prompt cache.
    pub fn all_input_tokens(&self) -> u64 {
        self.input_tokens + self.cache_read_input_tokens + self.cache_write_input_tokens
    }
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
            estimated: self.estimated || other.estimated,
        }
    }
}
