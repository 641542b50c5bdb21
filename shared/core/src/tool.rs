//! Tools as the model and the stored conversation see them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{CallId, MessageId};

/// Description of a tool for the model.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSpec {
    /// Name, `[a-zA-Z0-9_-]{1,64}`.
    pub name: String,
    /// Purpose of the tool, for the model.
    pub description: String,
    /// JSON Schema of the arguments.
    pub input_schema: Value,
}

/// A tool call that the model made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolCall {
    /// Id of the call.
    pub id: CallId,
    /// Name of the tool as the model wrote it; a tool of that name may not exist.
    pub name: String,
    /// Arguments: an object, or a string with whatever else the model wrote.
    pub input: Value,
    /// Id of the message that carries the call on the wire.
    pub parent: MessageId,
}

/// Result of a tool call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolResult {
    /// Id of the result's message on the wire.
    pub message_id: MessageId,
    /// Id of the call.
    pub call_id: CallId,
    /// Outcome of the call.
    pub outcome: ToolOutcome,
    /// Text as the model gets it, at most 96 KB. A longer one was cut, and says so at its end.
    pub content: String,
}

/// Outcome of a tool call; `lw.outcome` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToolOutcome {
    /// The tool answered.
    Success,
    /// The tool failed, does not exist, or refused its arguments.
    Error,
    /// The run was cancelled before the tool answered.
    Cancelled,
}
