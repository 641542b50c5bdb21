//! The body of `Converse` and `ConverseStream` as the service takes it ("API_runtime_ConverseStream").
//! What the simulator does not look into stays JSON.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::error::AwsError;

/// One request's body.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The conversation, oldest first.
    #[serde(default)]
    pub messages: Vec<Message>,
    /// The system prompt.
    #[serde(default)]
    pub system: Vec<SystemBlock>,
    /// The tools on offer.
    pub tool_config: Option<ToolConfig>,
    /// Limits of the answer.
    pub inference_config: Option<InferenceConfig>,
    /// The caller's own labels.
    pub request_metadata: Option<BTreeMap<String, String>>,
    /// What only some models know, such as `thinking`.
    pub additional_model_request_fields: Option<Value>,
}

/// One turn of the conversation.
#[derive(Clone, Debug, Deserialize)]
pub struct Message {
    /// Whose turn.
    pub role: Role,
    /// What was said.
    #[serde(default)]
    pub content: Vec<Block>,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The caller.
    User,
    /// The model.
    Assistant,
    /// The operator, between turns (a change of the tools).
    System,
}

/// One block of a message: a map of one key, which names its kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Block {
    /// Words.
    Text(String),
    /// The model calls a tool.
    ToolUse(ToolUse),
    /// The caller says what the tool answered.
    ToolResult(ToolResult),
    /// The model thought.
    ReasoningContent(Reasoning),
    /// Everything before this may be kept in the cache.
    CachePoint(Value),
    /// A picture.
    Image(Value),
    /// A file.
    Document(Value),
    /// A film.
    Video(Value),
    /// A sound.
    Audio(Value),
    /// Text for the guardrail to look at.
    GuardContent(Value),
    /// Text with its sources.
    CitationsContent(Value),
    /// A passage with its source.
    SearchResult(Value),
    /// A tool joins.
    ToolAddition(Value),
    /// A tool leaves.
    ToolRemoval(Value),
}

/// A tool call.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolUse {
    /// 1–64 characters.
    pub tool_use_id: String,
    /// The tool's name.
    pub name: String,
    /// Its arguments.
    #[serde(default)]
    pub input: Value,
}

/// A tool's answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolResult {
    /// The call it answers.
    pub tool_use_id: String,
    /// `text`, `json` and others, one key each.
    #[serde(default)]
    pub content: Vec<Value>,
    /// `success` when absent.
    pub status: Option<Status>,
}

/// How a tool fared.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It answered.
    Success,
    /// It failed; the content says how.
    Error,
}

/// A thinking block.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub enum Reasoning {
    /// Readable, with the model's signature. Empty text with a signature is legal.
    ReasoningText {
        /// The thought.
        text: String,
        /// The model's signature of it.
        signature: Option<String>,
    },
    /// Not readable: base64.
    RedactedContent(String),
}

/// A block of the system prompt.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SystemBlock {
    /// Words.
    Text(String),
    /// A cache point.
    CachePoint(Value),
    /// Text for the guardrail.
    GuardContent(Value),
}

/// The tools on offer and how to choose.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolConfig {
    /// Tools and cache points.
    #[serde(default)]
    pub tools: Vec<Tool>,
    /// `auto`, `any` or `tool`.
    pub tool_choice: Option<ToolChoice>,
}

/// One entry of the tool list.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Tool {
    /// A tool of the caller.
    ToolSpec(ToolSpec),
    /// A cache point.
    CachePoint(Value),
    /// A tool of the service.
    SystemTool(Value),
}

/// What the model is told about a tool.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolSpec {
    /// The name to call it by.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// `{"json": <JSON Schema>}`.
    #[serde(default)]
    pub input_schema: Value,
}

/// Whether the model must call.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ToolChoice {
    /// As it likes.
    Auto(Value),
    /// Some tool.
    Any(Value),
    /// This one.
    Tool {
        /// Its name.
        name: String,
    },
}

/// Limits of the answer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InferenceConfig {
    /// Tokens.
    pub max_tokens: Option<i64>,
    /// 0–1.
    pub temperature: Option<f64>,
    /// 0–1.
    pub top_p: Option<f64>,
}

impl Request {
    /// Reads a body.
    ///
    /// # Errors
    /// `ValidationException` that names the path of the first thing it does not understand.
    pub fn parse(body: &Value) -> Result<Self, AwsError> {
        serde_path_to_error::deserialize(body).map_err(|error| {
            let inner = error.inner().to_string();
            AwsError::validation(format!(
                "Malformed input request: #/{}: {inner}, please reformat your input and try again.",
                error.path().to_string().replace('.', "/")
            ))
        })
    }
}
