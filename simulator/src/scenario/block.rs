//! Content block of a step.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One content block; the JSON object has exactly one of the fields `text`, `tool`, `reasoning`, `redacted`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub enum Block {
    /// `{"text":"…"}`.
    Text(String),
    /// `{"tool":"name","input":{…}}`. `input_text` in place of `input` is sent verbatim and may be invalid
    /// JSON. The input `{}` is sent as one empty delta, `"input_text":""` without any delta.
    Tool {
        /// Name of the tool.
        name: String,
        /// Input as JSON text.
        input: String,
        /// Sends one empty delta after the input; set for an empty input.
        empty_delta: bool,
    },
    /// `{"reasoning":"…"}` with an optional `signature`; the simulator signs the text if it is absent. Empty
    /// text is valid: reasoning that is not displayed.
    Reasoning {
        /// Reasoning text.
        text: String,
        /// Signature to send.
        signature: Option<String>,
        /// Sends no signature, as the families do that do not sign: `"unsigned":true`.
        unsigned: bool,
    },
    /// `{"redacted":"base64"}`.
    Redacted(String),
}

/// Fields of all kinds of block.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct Fields {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unsigned: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    redacted: Option<String>,
}

impl Block {
    /// Creates a tool call.
    pub(crate) fn call(name: impl Into<String>, input: &Value) -> Self {
        let empty = input.is_null() || input.as_object().is_some_and(serde_json::Map::is_empty);
        let text = if empty {
            String::new()
        } else {
            input.to_string()
        };
        Self::Tool {
            name: name.into(),
            input: text,
            empty_delta: empty,
        }
    }
}

impl TryFrom<Fields> for Block {
    type Error = String;

    fn try_from(fields: Fields) -> Result<Self, Self::Error> {
        if fields.tool.is_none() && (fields.input.is_some() || fields.input_text.is_some()) {
            return Err("`input` and `input_text` belong to a `tool`".to_owned());
        }
        if fields.reasoning.is_none() && fields.signature.is_some() {
            return Err("`signature` belongs to a `reasoning`".to_owned());
        }
        if fields.unsigned && (fields.reasoning.is_none() || fields.signature.is_some()) {
            return Err("`unsigned` belongs to a `reasoning` without `signature`".to_owned());
        }
        match (fields.text, fields.tool, fields.reasoning, fields.redacted) {
            (Some(text), None, None, None) => Ok(Self::Text(text)),
            (None, Some(name), None, None) => match (fields.input, fields.input_text) {
                (Some(_), Some(_)) => Err("`input` and `input_text` exclude each other".to_owned()),
                (input, None) => Ok(Self::call(name, &input.unwrap_or_default())),
                (None, Some(input)) => Ok(Self::Tool {
                    name,
                    input,
                    empty_delta: false,
                }),
            },
            (None, None, Some(text), None) => Ok(Self::Reasoning {
                text,
                signature: fields.signature,
                unsigned: fields.unsigned,
            }),
            (None, None, None, Some(data)) => Ok(Self::Redacted(data)),
            _ => {
                Err("a block has exactly one of `text`, `tool`, `reasoning`, `redacted`".to_owned())
            }
        }
    }
}

impl From<Block> for Fields {
    fn from(block: Block) -> Self {
        let empty = Self::default();
        match block {
            Block::Text(text) => Self {
                text: Some(text),
                ..empty
            },
            Block::Tool {
                name,
                empty_delta: true,
                ..
            } => Self {
                tool: Some(name),
                ..empty
            },
            Block::Tool { name, input, .. } => Self {
                tool: Some(name),
                input_text: Some(input),
                ..empty
            },
            Block::Reasoning {
                text,
                signature,
                unsigned,
            } => Self {
                reasoning: Some(text),
                signature,
                unsigned,
                ..empty
            },
            Block::Redacted(data) => Self {
                redacted: Some(data),
                ..empty
            },
        }
    }
}
