//! Body of `Converse` and `ConverseStream` ("API_runtime_ConverseStream", request syntax). Members that the
//! simulator does not interpret stay JSON.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::content::ContentBlock;
use crate::error::AwsError;

/// Body of one request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Messages of the conversation, oldest first.
    #[serde(default)]
    pub messages: Vec<Message>,
    /// System prompt.
    #[serde(default)]
    pub system: Vec<SystemContentBlock>,
    /// Tools that the model may call.
    pub tool_config: Option<ToolConfiguration>,
    /// Inference parameters.
    pub inference_config: Option<InferenceConfiguration>,
    /// Labels set by the caller.
    pub request_metadata: Option<BTreeMap<String, String>>,
    /// Parameters specific to a model, such as `thinking`.
    pub additional_model_request_fields: Option<Value>,
    /// The complete body, with the members that have no field here.
    #[serde(skip)]
    pub body: Value,
}

/// One message of the conversation.
#[derive(Clone, Debug, Deserialize)]
pub struct Message {
    /// Role of the author.
    pub role: Role,
    /// Content blocks in order.
    #[serde(default)]
    pub content: Vec<ContentBlock>,
}

/// Role of a message's author.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The caller.
    User,
    /// The model.
    Assistant,
    /// The operator; such a message stands between two turns and changes the tools.
    System,
}

/// One block of the system prompt.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SystemContentBlock {
    /// Text.
    Text(String),
    /// A cache checkpoint.
    CachePoint(Value),
    /// Content that the guardrail evaluates.
    GuardContent(Value),
}

/// Tools that the model may call, and the tool choice.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolConfiguration {
    /// Tools and cache checkpoints.
    #[serde(default)]
    pub tools: Vec<Tool>,
    /// Tool choice; `auto` when absent.
    pub tool_choice: Option<ToolChoice>,
}

/// One entry of the tool list.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Tool {
    /// A tool that the caller runs.
    ToolSpec(ToolSpecification),
    /// A cache checkpoint.
    CachePoint(Value),
    /// A tool that the service runs.
    SystemTool(Value),
}

/// Description of a tool for the model.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolSpecification {
    /// Name of the tool.
    pub name: String,
    /// Purpose of the tool.
    pub description: Option<String>,
    /// Schema of the input: `{"json": <JSON Schema>}`.
    #[serde(default)]
    pub input_schema: Value,
}

/// Constraint on the tool calls of the response.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ToolChoice {
    /// The model decides.
    Auto(Value),
    /// The model must call at least one tool.
    Any(Value),
    /// The model must call the named tool.
    Tool {
        /// Name of the tool.
        name: String,
    },
}

/// Inference parameters.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InferenceConfiguration {
    /// Maximum number of tokens in the response.
    pub max_tokens: Option<i64>,
    /// Temperature, 0–1.
    pub temperature: Option<f64>,
    /// Nucleus sampling probability, 0–1.
    pub top_p: Option<f64>,
}

impl Request {
    /// Parses a body.
    ///
    /// # Errors
    /// `ValidationException` with the path of the first member that does not fit the request syntax.
    pub fn parse(body: &Value) -> Result<Self, AwsError> {
        let parsed = serde_path_to_error::deserialize(body).map_err(|error| {
            let inner = error.inner().to_string();
            AwsError::validation(format!(
                "Malformed input request: #/{}: {inner}, please reformat your input and try again.",
                error.path().to_string().replace('.', "/")
            ))
        });
        parsed.map(|request: Self| Self {
            body: body.clone(),
            ..request
        })
    }
}
