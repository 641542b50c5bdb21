//! `tools` of a prompt, refused because client tools are not available. Limits are checked first.

use serde::Deserialize;
use serde_json::Value;

use crate::request::fields::Fields;
use crate::response::error::{ErrorResponse, invalid, too_large};

/// Most tools of a prompt.
const MAX_TOOLS: usize = 32;

/// Most bytes of JSON that the schemas of all tools take together.
const MAX_SCHEMA_BYTES: usize = 16 * 1024;

/// Longest name of a tool, in characters (Bedrock, "ToolSpecification").
const MAX_NAME_CHARS: usize = 64;

#[derive(Deserialize)]
struct Tool {
    name: String,
    #[serde(rename = "description")]
    _description: Option<String>,
    #[serde(default)]
    parameters: Value,
}

/// Refuses any tool in the field `tools`.
pub(super) fn refuse(fields: &Fields<'_>) -> Result<(), ErrorResponse> {
    let tools: Vec<Tool> = fields.objects("tools", MAX_TOOLS)?;
    for (at, tool) in tools.iter().enumerate() {
        tool.check(at)?;
    }
    let sizes = tools.iter().map(|tool| tool.parameters.to_string().len());
    if sizes.sum::<usize>() > MAX_SCHEMA_BYTES {
        let what = "The `parameters` of all `tools`";
        return Err(too_large(what, MAX_SCHEMA_BYTES));
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
        if !(1..=MAX_NAME_CHARS).contains(&self.name.len()) || !self.name.bytes().all(legal) {
            return Err(invalid(format!(
                "`tools[{at}].name` must be 1 to {MAX_NAME_CHARS} characters of letters, digits, '_' or '-'."
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
