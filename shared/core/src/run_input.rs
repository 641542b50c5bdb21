//! Input of a run, stored apart from its control row.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ids::{MessageId, RunId};
use crate::job::known_version;
use crate::json_text;
use crate::tool::ToolSpec;

/// Input of a run, stored apart from the control row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunInput {
    /// Version of this shape. An input of a newer version cannot be deserialized.
    #[serde(deserialize_with = "known_version")]
    pub v: u32,
    /// Id of the user message.
    pub message_id: MessageId,
    /// The client chose that id, and it is reserved for this run.
    #[serde(default)]
    pub reserves_id: bool,
    /// Text of the user message, at most 24 KB. For a run that follows another one with the answers to its calls: that of the
    /// message which the first of these runs answers, so that the model can be shown it however long the thread becomes.
    pub prompt: String,
    /// Run that this one follows with the answers to its calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<RunId>,
    /// Tools of the client, as JSON text: DynamoDB limits the nesting of its own types.
    #[serde(default, with = "json_text", skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolSpec>,
    /// State of the client's application, which RUN_STARTED repeats.
    #[serde(default, with = "json_text", skip_serializing_if = "Map::is_empty")]
    pub state: Map<String, Value>,
    /// Facts from the client for the model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<Context>,
    /// Event of the service that started the run: a CloudEvent, as one line of JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Sends reasoning to the client.
    #[serde(default)]
    pub reasoning: bool,
    /// Time at which the input was recorded, in milliseconds since 1970; none in those written before 0.1.0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<u64>,
    /// Expiry of the item.
    pub ttl: u64,
}

/// Fact from the client, such as its locale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// Name of the fact.
    pub description: String,
    /// Value of the fact.
    pub value: String,
}

impl Context {
    /// Length of its texts, in bytes.
    pub fn bytes(&self) -> usize {
        self.description.len() + self.value.len()
    }
}
