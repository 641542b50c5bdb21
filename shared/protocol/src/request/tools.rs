//! `tools` and `context` of a prompt: what the client itself brings along.

use serde::Deserialize;
use serde_json::Value;

use crate::request::fields;
use crate::request::fields::{invalid, too_large};
use crate::response::error::ErrorResponse;
use longwire_core::run::Context;

/// The most tools a client may bring.
pub const MAX_TOOLS: usize = 32;

/// The most their schemas may take, in bytes of JSON.
pub const MAX_SCHEMA_BYTES: usize = 16 * 1024;

/// The longest name of a tool (Bedrock, "ToolSpecification").
const MAX_TOOL_NAME: usize = 64;

/// The most facts a client may bring.
pub const MAX_CONTEXT: usize = 32;

/// The most they may take, in bytes of UTF-8.
pub const MAX_CONTEXT_BYTES: usize = 8 * 1024;

#[derive(Deserialize)]
struct Tools {
    tools: Option<Vec<Tool>>,
}

#[derive(Deserialize)]
struct Tool {
    name: String,
    #[serde(rename = "description")]
    _description: Option<String>,
    #[serde(default)]
    parameters: Value,
}

#[derive(Deserialize)]
struct Facts {
    context: Option<Vec<Context>>,
}

/// Checks a client's tools. There is nothing that could call them yet, so any is one too many; the limits
/// come first, because they will stay.
pub fn check(value: &Value) -> Result<(), ErrorResponse> {
    fields::objects(value, "tools", MAX_TOOLS)?;
    let tools = fields::read::<Tools>(value)?.tools.unwrap_or_default();
    for (at, tool) in tools.iter().enumerate() {
        tool.check(at)?;
    }
    let bytes: usize = tools
        .iter()
        .map(|tool| tool.parameters.to_string().len())
        .sum();
    if bytes > MAX_SCHEMA_BYTES {
        return Err(too_large(
            "the `parameters` of all `tools`",
            MAX_SCHEMA_BYTES,
        ));
    }
    if tools.is_empty() {
        Ok(())
    } else {
        Err(invalid("`tools` of the client are not available yet."))
    }
}

impl Tool {
    fn check(&self, at: usize) -> Result<(), ErrorResponse> {
        let legal = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-';
        if !(1..=MAX_TOOL_NAME).contains(&self.name.len()) || !self.name.bytes().all(legal) {
            return Err(invalid(format!(
                "`tools[{at}].name` must be 1 to {MAX_TOOL_NAME} characters of letters, digits, '_' or '-'."
            )));
        }
        match self.parameters {
            Value::Null | Value::Object(_) => Ok(()),
            _ => Err(invalid(format!(
                "`tools[{at}].parameters` must be an object."
            ))),
        }
    }
}

/// The facts a client brings along.
pub fn context(value: &Value) -> Result<Vec<Context>, ErrorResponse> {
    fields::objects(value, "context", MAX_CONTEXT)?;
    let facts = fields::read::<Facts>(value)?.context.unwrap_or_default();
    let bytes: usize = facts
        .iter()
        .map(|fact| fact.description.len() + fact.value.len())
        .sum();
    if bytes > MAX_CONTEXT_BYTES {
        return Err(too_large("the `context`", MAX_CONTEXT_BYTES));
    }
    Ok(facts)
}
