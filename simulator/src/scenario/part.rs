//! One block of a scripted answer.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A block, told by its one naming field.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub enum Part {
    /// `{"text":"…"}`
    Text(String),
    /// `{"tool":"name","input":{…}}`; `input_text` in place of `input` is sent verbatim, so that it may
    /// be broken JSON. `{}` travels as one empty fragment, `"input_text":""` as none.
    Tool {
        /// The tool's name.
        name: String,
        /// The arguments as text.
        input: String,
        /// Whether an empty input is sent as an empty fragment.
        blank: bool,
    },
    /// `{"reasoning":"…"}`, optionally with a `signature`; the simulator signs it otherwise. An empty
    /// text is legal: thought that is not displayed.
    Reasoning {
        /// The thought.
        text: String,
        /// The signature to use.
        signature: Option<String>,
    },
    /// `{"redacted":"base64"}`
    Redacted(String),
}

/// All fields that a block may have.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    redacted: Option<String>,
}

impl Part {
    /// A tool call with these arguments.
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
            blank: empty,
        }
    }
}

impl TryFrom<Fields> for Part {
    type Error = String;

    fn try_from(fields: Fields) -> Result<Self, Self::Error> {
        if fields.tool.is_none() && (fields.input.is_some() || fields.input_text.is_some()) {
            return Err("`input` and `input_text` belong to a `tool`".to_owned());
        }
        if fields.reasoning.is_none() && fields.signature.is_some() {
            return Err("`signature` belongs to a `reasoning`".to_owned());
        }
        match (fields.text, fields.tool, fields.reasoning, fields.redacted) {
            (Some(text), None, None, None) => Ok(Self::Text(text)),
            (None, Some(name), None, None) => match (fields.input, fields.input_text) {
                (Some(_), Some(_)) => Err("`input` and `input_text` exclude each other".to_owned()),
                (input, None) => Ok(Self::call(name, &input.unwrap_or_default())),
                (None, Some(input)) => Ok(Self::Tool {
                    name,
                    input,
                    blank: false,
                }),
            },
            (None, None, Some(text), None) => Ok(Self::Reasoning {
                text,
                signature: fields.signature,
            }),
            (None, None, None, Some(data)) => Ok(Self::Redacted(data)),
            _ => {
                Err("a block has exactly one of `text`, `tool`, `reasoning`, `redacted`".to_owned())
            }
        }
    }
}

impl From<Part> for Fields {
    fn from(part: Part) -> Self {
        let empty = Self::default();
        match part {
            Part::Text(text) => Self {
                text: Some(text),
                ..empty
            },
            Part::Tool {
                name, blank: true, ..
            } => Self {
                tool: Some(name),
                ..empty
            },
            Part::Tool { name, input, .. } => Self {
                tool: Some(name),
                input_text: Some(input),
                ..empty
            },
            Part::Reasoning { text, signature } => Self {
                reasoning: Some(text),
                signature,
                ..empty
            },
            Part::Redacted(data) => Self {
                redacted: Some(data),
                ..empty
            },
        }
    }
}
