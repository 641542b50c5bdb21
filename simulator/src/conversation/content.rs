//! Content blocks of a message ("API_runtime_ContentBlock").

use serde::Deserialize;
use serde_json::Value;

/// One block of a message: a JSON object with one member, whose name is the kind of the block. Kinds that the
/// simulator does not interpret stay JSON.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ContentBlock {
    /// Text.
    Text(String),
    /// A tool call by the model.
    ToolUse(ToolUseBlock),
    /// The result of a tool call.
    ToolResult(ToolResultBlock),
    /// Reasoning of the model.
    ReasoningContent(ReasoningContentBlock),
    /// A cache checkpoint: the content before it may be cached.
    CachePoint(Value),
    /// An image.
    Image(Value),
    /// A document.
    Document(Value),
    /// A video.
    Video(Value),
    /// Audio.
    Audio(Value),
    /// Content that the guardrail evaluates.
    GuardContent(Value),
    /// Text with citations.
    CitationsContent(Value),
    /// A search result with its source.
    SearchResult(Value),
    /// The addition of a tool.
    ToolAddition(Value),
    /// The removal of a tool.
    ToolRemoval(Value),
}

/// A tool call.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolUseBlock {
    /// Identifier of the call, 1–64 characters.
    pub tool_use_id: String,
    /// Name of the tool.
    pub name: String,
    /// Arguments of the call; Bedrock accepts a JSON object only.
    #[serde(default)]
    pub input: Value,
}

/// The result of a tool call.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolResultBlock {
    /// Identifier of the call.
    pub tool_use_id: String,
    /// Content blocks: JSON objects with one member each, such as `text` or `json`.
    #[serde(default)]
    pub content: Vec<Value>,
    /// Status of the result; `success` when absent.
    pub status: Option<ToolResultStatus>,
}

/// Status of a tool result.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum ToolResultStatus {
    /// The tool succeeded.
    Success,
    /// The tool failed; the content describes the error.
    Error,
}

/// A reasoning block.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub enum ReasoningContentBlock {
    /// Reasoning text with the model's signature. Empty text with a signature is valid.
    ReasoningText {
        /// The reasoning.
        text: String,
        /// Signature of the text.
        signature: Option<String>,
    },
    /// Encrypted reasoning in base64.
    RedactedContent(String),
}

impl ToolResultBlock {
    /// Returns `true` if the status is `error`.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.status == Some(ToolResultStatus::Error)
    }

    /// Returns the content as text, one line per content block; JSON is serialized.
    #[must_use]
    pub fn text(&self) -> String {
        let texts = self.content.iter().filter_map(|block| {
            let text = block.get("text").and_then(Value::as_str).map(str::to_owned);
            text.or_else(|| block.get("json").map(Value::to_string))
        });
        texts.collect::<Vec<_>>().join("\n")
    }

    /// Returns the first JSON object of the content: a `json` block, or a `text` block that holds an object.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        self.content.iter().find_map(|block| {
            let text = block.get("text").and_then(Value::as_str);
            let parsed = text.and_then(|text| serde_json::from_str::<Value>(text).ok());
            block
                .get("json")
                .cloned()
                .or(parsed)
                .filter(Value::is_object)
        })
    }
}
