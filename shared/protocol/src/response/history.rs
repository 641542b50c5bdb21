//! `history`: a page of a thread's messages, in the shape of AG-UI.

use longwire_core::approval::Decision;
use longwire_core::clock::rfc3339;
use longwire_core::ids::{CallId, MessageId, RunId, ThreadId, UserId};
use longwire_core::message::{Block, Message, Role};
use longwire_core::pending::Pending as Wait;
use longwire_core::run::RunStatus;
use longwire_core::tool::ToolCall;
use serde::Serialize;
use serde_json::Value;

use crate::interrupt::Interrupt;

/// Response to `history`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "history", rename_all = "camelCase")]
pub struct HistoryPage {
    /// Id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Thread of the messages.
    pub thread_id: ThreadId,
    /// Messages, oldest first.
    pub messages: Vec<HistoryMessage>,
    /// Cursor of the page before this one, for the field `before`; absent on the first page of the thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Active run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<ActiveRun>,
    /// Answers that the thread waits for.
    pub pending: Pending,
}

/// Active run of a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActiveRun {
    /// Id of the run.
    pub run_id: RunId,
    /// Status of the run.
    pub status: RunStatus,
    /// Number of the last event in its event log; its worker may have sent more.
    pub last: u64,
}

/// Answers that a thread waits for. At most one of the lists has entries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pending {
    /// Calls of client tools that have no result.
    pub tool_call_ids: Vec<CallId>,
    /// Interrupts that have no answer.
    pub interrupts: Vec<Interrupt>,
}

impl From<&Wait> for Pending {
    fn from(wait: &Wait) -> Self {
        Self {
            tool_call_ids: wait.client_calls(),
            interrupts: Interrupt::all_of(wait),
        }
    }
}

/// Message of AG-UI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryMessage {
    /// Id under which the message was streamed.
    pub id: MessageId,
    /// Author of the message.
    pub role: HistoryRole,
    /// Service that wrote a user message: `service:<source of its event>`; absent on a message of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Call that a tool result belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<CallId>,
    /// Decision about the call of a tool result, if it needed one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<HistoryApproval>,
    /// Text; absent on a message that has tool calls only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Tool calls of the message.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<HistoryCall>,
    /// Set when a part of the message is left out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
    /// Length of the whole content in bytes, when the message is truncated or a part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<usize>,
}

/// Decision of a person about a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryApproval {
    /// The call was allowed.
    pub approved: bool,
    /// User who decided; absent where users are not told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// Time of the decision, as RFC 3339.
    pub at: String,
    /// Reason for which the call was denied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Arguments with which the call was made in place of the model's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited_args: Option<Value>,
}

impl From<&Decision> for HistoryApproval {
    fn from(decision: &Decision) -> Self {
        let edited = decision.edited_args.as_deref();
        Self {
            approved: decision.approved,
            by: decision.by.clone(),
            at: rfc3339(decision.at),
            reason: decision.reason.clone(),
            edited_args: edited.and_then(|edited| serde_json::from_str(edited).ok()),
        }
    }
}

/// Author of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HistoryRole {
    /// Person.
    User,
    /// Model.
    Assistant,
    /// Tool.
    Tool,
}

/// Tool call of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HistoryCall {
    /// Id of the call.
    pub id: CallId,
    /// Always `function`, as AG-UI requires.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Tool and its arguments.
    pub function: HistoryFunction,
}

/// Tool and arguments of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HistoryFunction {
    /// Name of the tool.
    pub name: String,
    /// Arguments, as JSON text.
    pub arguments: String,
}

impl HistoryMessage {
    /// Converts a stored message. Each text and each tool result becomes a message under its own id, and a call
    /// belongs to the message it was streamed with. Reasoning is left out.
    pub fn from_stored(stored: &Message) -> Vec<Self> {
        let role = match stored.role {
            Role::User => HistoryRole::User,
            Role::Assistant => HistoryRole::Assistant,
        };
        let mut messages: Vec<Self> = Vec::new();
        for block in &stored.blocks {
            match block {
                Block::Text { id, text } => messages.push(Self {
                    origin: (!stored.origin.is_user()).then(|| stored.origin.to_string()),
                    ..Self::new(id, role, Some(text.clone()))
                }),
                Block::ToolCall(call) => {
                    let parent = messages
                        .iter()
                        .position(|message| message.id == call.parent);
                    let parent = parent.unwrap_or_else(|| {
                        messages.push(Self::new(&call.parent, role, None));
                        messages.len() - 1
                    });
                    messages[parent].tool_calls.push(HistoryCall::new(call));
                }
                Block::ToolResult(result) => messages.push(Self {
                    tool_call_id: Some(result.call_id.clone()),
                    approval: result.decision.as_ref().map(HistoryApproval::from),
                    ..Self::new(
                        &result.message_id,
                        HistoryRole::Tool,
                        Some(result.content.clone()),
                    )
                }),
                Block::Reasoning { .. } | Block::RedactedReasoning { .. } => {}
            }
        }
        messages
    }

    fn new(id: &MessageId, role: HistoryRole, content: Option<String>) -> Self {
        Self {
            id: id.clone(),
            role,
            origin: None,
            tool_call_id: None,
            approval: None,
            content,
            tool_calls: Vec::new(),
            truncated: false,
            bytes: None,
        }
    }
}

impl HistoryCall {
    fn new(call: &ToolCall) -> Self {
        Self {
            id: call.id.clone(),
            kind: "function",
            function: HistoryFunction {
                name: call.name.clone(),
                arguments: call.arguments.clone(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use longwire_core::origin::Origin;
    use longwire_core::tool::{ToolOutcome, ToolResult};
    use serde_json::json;

    use super::*;

    fn text(id: &str, text: &str) -> Block {
        Block::Text {
            id: MessageId::trusted(id),
            text: text.to_owned(),
        }
    }

    fn call(id: &str, parent: &str) -> Block {
        Block::ToolCall(ToolCall {
            id: CallId::trusted(id),
            name: "get_weather".to_owned(),
            arguments: r#"{"location": "New York"}"#.to_owned(),
            parent: MessageId::trusted(parent),
        })
    }

    fn converted(role: Role, blocks: Vec<Block>) -> serde_json::Value {
        let message = Message::new(role, RunId::trusted("r1"), blocks);
        serde_json::to_value(HistoryMessage::from_stored(&message)).expect("keys are strings")
    }

    #[test]
    fn a_call_belongs_to_the_message_it_was_streamed_with() {
        let calls = json!([{"id": "tc_1", "type": "function", "function":
            {"name": "get_weather", "arguments": "{\"location\": \"New York\"}"}}]);
        assert_eq!(
            converted(
                Role::Assistant,
                vec![text("m_1", "Let me see."), call("tc_1", "m_1")]
            ),
            json!([{"id": "m_1", "role": "assistant", "content": "Let me see.", "toolCalls": calls}])
        );
        assert_eq!(
            converted(Role::Assistant, vec![call("tc_1", "m_3")]),
            json!([{"id": "m_3", "role": "assistant", "toolCalls": calls}])
        );
    }

    #[test]
    fn the_message_of_a_service_names_it() {
        let message = Message {
            origin: Origin::service("/orders"),
            ..Message::user(MessageId::trusted("m_1"), RunId::trusted("r1"), "Hi")
        };
        let converted = HistoryMessage::from_stored(&message);
        assert_eq!(
            serde_json::to_value(converted).expect("keys are strings"),
            json!([{"id": "m_1", "role": "user", "origin": "service:/orders", "content": "Hi"}])
        );
    }

    #[test]
    fn a_tool_result_becomes_a_message_of_the_tool() {
        let result = Block::ToolResult(ToolResult {
            message_id: MessageId::trusted("m_4"),
            call_id: CallId::trusted("tc_1"),
            outcome: ToolOutcome::Success,
            content: "Sunny".to_owned(),
            decision: None,
        });
        assert_eq!(
            converted(Role::User, vec![result]),
            json!([{"id": "m_4", "role": "tool", "toolCallId": "tc_1", "content": "Sunny"}])
        );
    }

    #[test]
    fn reasoning_and_empty_messages_are_left_out() {
        let reasoning = Block::Reasoning {
            text: "hm".to_owned(),
            signature: None,
        };
        assert_eq!(
            converted(Role::Assistant, vec![reasoning, text("m_1", "Hi")]),
            json!([{"id": "m_1", "role": "assistant", "content": "Hi"}])
        );
        assert_eq!(converted(Role::Assistant, Vec::new()), json!([]));
    }
}
