//! `tools` of a prompt: tools that the client runs.

use std::collections::HashSet;

use longwire_core::tool::{SERVER_TOOLS, ToolSpec};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::request::fields::{Fields, or_default};
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
    #[serde(default, deserialize_with = "or_default")]
    description: String,
    #[serde(default)]
    parameters: Value,
}

/// Reads the field `tools`; an absent one is empty.
pub(super) fn parse(fields: &Fields<'_>) -> Result<Vec<ToolSpec>, ErrorResponse> {
    let tools: Vec<Tool> = fields.objects("tools", MAX_TOOLS)?;
    let sizes = tools.iter().map(|tool| tool.parameters.to_string().len());
    if sizes.sum::<usize>() > MAX_SCHEMA_BYTES {
        let what = "The `parameters` of all `tools`";
        return Err(too_large(what, MAX_SCHEMA_BYTES));
    }
    let mut names = HashSet::new();
    let specs = tools.into_iter().enumerate().map(|(at, tool)| {
        let spec = tool.spec(at)?;
        if names.insert(spec.name.clone()) {
            Ok(spec)
        } else {
            Err(taken(&spec.name, "another of the `tools`"))
        }
    });
    specs.collect()
}

impl Tool {
    fn spec(self, at: usize) -> Result<ToolSpec, ErrorResponse> {
        let legal = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-';
        if !(1..=MAX_NAME_CHARS).contains(&self.name.len()) || !self.name.bytes().all(legal) {
            return Err(invalid(format!(
                "`tools[{at}].name` must be 1 to {MAX_NAME_CHARS} characters of letters, digits, '_' or '-'."
            )));
        }
        if SERVER_TOOLS.contains(&self.name.as_str()) {
            return Err(taken(&self.name, "a tool of the server"));
        }
        Ok(ToolSpec {
            input_schema: schema(self.parameters, at)?,
            name: self.name,
            description: self.description,
        })
    }
}

/// Schema of the arguments, whose type is always an object: Bedrock refuses the request of the whole run otherwise.
fn schema(parameters: Value, at: usize) -> Result<Value, ErrorResponse> {
    let mut schema = match parameters {
        Value::Null => Map::new(),
        Value::Object(schema) => schema,
        _ => {
            return Err(invalid(format!(
                "`tools[{at}].parameters` must be an object."
            )));
        }
    };
    let kind = schema.entry("type").or_insert_with(|| json!("object"));
    if kind != "object" {
        return Err(invalid(format!(
            "`tools[{at}].parameters.type` must be \"object\"."
        )));
    }
    Ok(Value::Object(schema))
}

fn taken(name: &str, by: &str) -> ErrorResponse {
    invalid(format!(
        "`tools` names `{name}`, which is the name of {by}."
    ))
}
