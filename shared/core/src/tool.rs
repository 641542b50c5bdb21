//! Tools as the model and the stored conversation see them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::approval::Decision;
use crate::ids::{CallId, MessageId};

/// Description of a tool for the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolSpec {
    /// Name, `[a-zA-Z0-9_-]{1,64}`.
    pub name: String,
    /// Purpose of the tool, for the model.
    pub description: String,
    /// JSON Schema of the arguments.
    pub input_schema: Value,
}

/// Names of the tools that servers have. A client cannot name its own so, also where a deployment does not offer them.
pub const SERVER_TOOLS: [&str; 3] = ["get_weather", "current_time", "kb_lookup"];

/// Deepest nesting of arguments that is parsed. A stored message nests them a few levels deeper, and `serde_json` reads
/// 127 levels.
const MAX_DEPTH: usize = 64;

/// A tool call that the model made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredCall", into = "StoredCall")]
pub struct ToolCall {
    /// Id of the call.
    pub id: CallId,
    /// Name of the tool as the model wrote it; a tool of that name may not exist.
    pub name: String,
    /// Arguments as the model wrote them, which need not be JSON. The same text is streamed, stored and shown.
    pub arguments: String,
    /// Id of the message that carries the call on the wire.
    pub parent: MessageId,
}

/// Reason why the arguments of a call cannot be used, written for the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadArguments {
    /// The text is not JSON.
    #[error("The arguments are not JSON: {0}.")]
    NotJson(String),
    /// Objects and arrays are nested too deep.
    #[error("The arguments are nested more than {MAX_DEPTH} levels deep.")]
    TooDeep,
}

impl ToolCall {
    /// Parses the arguments. Blank text is an empty object.
    pub fn input(&self) -> Result<Value, BadArguments> {
        if self.arguments.trim().is_empty() {
            return Ok(Value::Object(Map::new()));
        }
        if !nests(&self.arguments) {
            return Err(BadArguments::TooDeep);
        }
        serde_json::from_str(&self.arguments)
            .map_err(|error| BadArguments::NotJson(error.to_string()))
    }
}

/// Tells whether JSON text is nested [`MAX_DEPTH`] levels at most. In other text the count means nothing.
fn nests(json: &str) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    json.bytes().all(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth <= MAX_DEPTH
    })
}

/// Call as it is stored. `input` alone is what earlier versions read and wrote.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredCall {
    id: CallId,
    name: String,
    /// Parsed arguments, or a string with text that cannot be parsed.
    input: Value,
    /// Arguments as the model wrote them, if `input` does not give the same text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    arguments: Option<String>,
    parent: MessageId,
}

impl From<StoredCall> for ToolCall {
    fn from(stored: StoredCall) -> Self {
        let text = || match stored.input {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Self {
            arguments: stored.arguments.unwrap_or_else(text),
            id: stored.id,
            name: stored.name,
            parent: stored.parent,
        }
    }
}

impl From<ToolCall> for StoredCall {
    fn from(call: ToolCall) -> Self {
        let parsed = call.input().ok().filter(|input| !input.is_string());
        let (input, arguments) = match parsed.map(|input| (input.to_string(), input)) {
            Some((text, input)) if text == call.arguments => (input, None),
            Some((_, input)) => (input, Some(call.arguments)),
            None => (Value::String(call.arguments), None),
        };
        Self {
            id: call.id,
            name: call.name,
            input,
            arguments,
            parent: call.parent,
        }
    }
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
    /// Decision of a person about the call, if it needed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

/// Outcome of a tool call; `lw.outcome` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToolOutcome {
    /// The tool answered.
    Success,
    /// The tool failed, does not exist, or refused its arguments.
    Error,
    /// A person denied the call, or nobody approved it.
    Denied,
    /// The run was cancelled before the tool answered.
    Cancelled,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(arguments: &str) -> ToolCall {
        ToolCall {
            id: CallId::trusted("c_1"),
            name: "get_weather".to_owned(),
            arguments: arguments.to_owned(),
            parent: MessageId::trusted("m_1"),
        }
    }

    fn nested(depth: usize) -> String {
        format!("{}{}", "[".repeat(depth), "]".repeat(depth))
    }

    #[test]
    fn arguments_are_stored_as_the_model_wrote_them() {
        for text in [
            r#"{"location": "Oslo"}"#,
            r#"{"b":1,"a":2}"#,
            r#"{"a":1}"#,
            r#"{"a":1.0e2}"#,
            r#"{"a":1"#,
            r#""a string""#,
            "",
            &nested(500),
        ] {
            let stored = serde_json::to_string(&call(text)).expect("a call");
            assert_eq!(
                serde_json::from_str::<ToolCall>(&stored).expect(&stored),
                call(text)
            );
        }
    }

    #[test]
    fn a_call_of_an_earlier_version_is_read() {
        let stored = |input: Value| {
            let call =
                json!({ "id": "c_1", "name": "get_weather", "parent": "m_1", "input": input });
            serde_json::from_value::<ToolCall>(call).expect("a call")
        };
        assert_eq!(stored(json!({ "a": 1 })), call(r#"{"a":1}"#));
        assert_eq!(stored(json!("{\"a\":")), call(r#"{"a":"#));
    }

    #[test]
    fn deep_arguments_are_refused_before_they_are_parsed() {
        assert!(call(&nested(64)).input().is_ok());
        assert_eq!(call(&nested(65)).input(), Err(BadArguments::TooDeep));
        let braces_in_text = format!(r#"{{"a":"\"{}"}}"#, "{".repeat(99));
        assert!(call(&braces_in_text).input().is_ok());
    }

    #[test]
    fn blank_arguments_are_an_empty_object() {
        assert_eq!(call(" ").input(), Ok(json!({})));
        assert!(matches!(call("{").input(), Err(BadArguments::NotJson(_))));
    }
}
