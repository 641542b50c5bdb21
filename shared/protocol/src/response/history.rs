//! `history`: a page of a thread's messages, in AG-UI's shape.

use serde::Serialize;
use serde_json::Value;

use longwire_core::ids::{CallId, MessageId, RunId, ThreadId};
use longwire_core::message::{Block, Message, Role};
use longwire_core::run::RunStatus;

/// The answer to `history`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryPage {
    /// The message's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The thread.
    pub thread_id: ThreadId,
    /// Its messages, oldest first.
    pub messages: Vec<HistoryMessage>,
    /// What to ask for with `before` to get the page before this one; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The active run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<ActiveRun>,
    /// What the thread waits for from its client.
    pub pending: Pending,
}

/// The run a thread is busy with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActiveRun {
    /// The run.
    pub run_id: RunId,
    /// Where it stands.
    pub status: RunStatus,
    /// Its last line in the log; it may have sent more.
    pub last: u64,
}

/// What a thread waits for from its client. There are no client tools and no approvals yet, so both are
/// empty; clients read them all the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pending {
    /// Calls of the client's tools.
    pub tool_call_ids: Vec<CallId>,
    /// Questions whether a tool may run.
    pub interrupts: Vec<String>,
}

/// A message as clients know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryMessage {
    /// Its id, the one it was streamed with.
    pub id: MessageId,
    /// Who speaks.
    pub role: HistoryRole,
    /// On a tool's result: the call it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<CallId>,
    /// The words; absent on a message that has nothing but calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// The calls that hang on it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<HistoryCall>,
    /// There is more of it than is shown here.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
    /// Of a message that is shown in parts: the length of its whole content, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<usize>,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HistoryRole {
    /// The person.
    User,
    /// The model.
    Assistant,
    /// A tool.
    Tool,
}

/// A tool call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HistoryCall {
    /// The call.
    pub id: CallId,
    /// `function`, as AG-UI has it.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What is called.
    pub function: HistoryFunction,
}

/// What is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HistoryFunction {
    /// The tool.
    pub name: String,
    /// The arguments, as JSON text.
    pub arguments: String,
}

impl HistoryMessage {
    fn new(id: &MessageId, role: HistoryRole, content: Option<String>) -> Self {
        Self {
            id: id.clone(),
            role,
            tool_call_id: None,
            content,
            tool_calls: Vec::new(),
            truncated: false,
            bytes: None,
        }
    }

    /// A stored turn's messages as clients know them: each text and each tool result is one, under its own
    /// id, and calls hang on the message they were streamed with. Thinking is not shown.
    pub fn all(message: &Message) -> Vec<Self> {
        let role = match message.role {
            Role::User => HistoryRole::User,
            Role::Assistant => HistoryRole::Assistant,
        };
        let mut shown: Vec<Self> = Vec::new();
        for block in &message.blocks {
            match block {
                Block::Text { id, text } => shown.push(Self::new(id, role, Some(text.clone()))),
                Block::ToolCall(call) => {
                    let at = shown.iter().position(|one| one.id == call.parent);
                    let at = at.unwrap_or_else(|| {
                        shown.push(Self::new(&call.parent, role, None));
                        shown.len() - 1
                    });
                    shown[at].tool_calls.push(HistoryCall {
                        id: call.id.clone(),
                        kind: "function",
                        function: HistoryFunction {
                            name: call.name.clone(),
                            arguments: arguments(&call.input),
                        },
                    });
                }
                Block::ToolResult(result) => shown.push(Self {
                    tool_call_id: Some(result.call_id.clone()),
                    ..Self::new(
                        &result.message_id,
                        HistoryRole::Tool,
                        Some(result.content.clone()),
                    )
                }),
                Block::Reasoning { .. } | Block::RedactedReasoning { .. } => {}
            }
        }
        shown
    }
}

/// The arguments as they were streamed: those of a call that was cut off are no JSON, and are kept as text.
fn arguments(input: &Value) -> String {
    match input {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            input.to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use longwire_core::tool::{ToolCall, ToolOutcome, ToolResult};

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
            input: json!({"location": "New York"}),
            parent: MessageId::trusted(parent),
        })
    }

    fn shown(role: Role, blocks: Vec<Block>) -> serde_json::Value {
        let message = Message::new(role, RunId::trusted("r1"), blocks);
        serde_json::to_value(HistoryMessage::all(&message)).expect("it has strings for keys")
    }

    #[test]
    fn arguments_that_were_cut_off_are_shown_as_they_came() {
        assert_eq!(arguments(&json!({ "city": "Ur" })), r#"{"city":"Ur"}"#);
        assert_eq!(arguments(&json!(r#"{"ci"#)), r#"{"ci"#);
    }

    #[test]
    fn calls_hang_on_the_message_they_were_streamed_with() {
        let calls = json!([{"id": "tc_1", "type": "function", "function":
            {"name": "get_weather", "arguments": "{\"location\":\"New York\"}"}}]);
        assert_eq!(
            shown(
                Role::Assistant,
                vec![text("m_1", "Let me see."), call("tc_1", "m_1")]
            ),
            json!([{"id": "m_1", "role": "assistant", "content": "Let me see.", "toolCalls": calls}])
        );
        assert_eq!(
            shown(Role::Assistant, vec![call("tc_1", "m_3")]),
            json!([{"id": "m_3", "role": "assistant", "toolCalls": calls}])
        );
    }

    #[test]
    fn results_are_messages_of_the_tool() {
        let result = Block::ToolResult(ToolResult {
            message_id: MessageId::trusted("m_4"),
            call_id: CallId::trusted("tc_1"),
            outcome: ToolOutcome::Success,
            content: "Sunny".to_owned(),
        });
        assert_eq!(
            shown(Role::User, vec![result]),
            json!([{"id": "m_4", "role": "tool", "toolCallId": "tc_1", "content": "Sunny"}])
        );
    }

    #[test]
    fn thinking_and_empty_turns_are_not_shown() {
        let thought = Block::Reasoning {
            text: "hm".to_owned(),
            signature: None,
        };
        assert_eq!(
            shown(Role::Assistant, vec![thought, text("m_1", "Hi")]),
            json!([{"id": "m_1", "role": "assistant", "content": "Hi"}])
        );
        assert_eq!(shown(Role::Assistant, Vec::new()), json!([]));
    }
}
