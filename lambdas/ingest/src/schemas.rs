//! JSON Schemas: of the client's tools, and of arguments that a person edits.

use longwire_core::tool::ToolSpec;
use longwire_protocol::response::error::{ErrorResponse, invalid};
use serde_json::{Map, Value};

/// Refuses tools whose parameters are not a valid JSON Schema: the model would refuse every request with them. Only the form is
/// checked. Patterns are not compiled and references not followed, because that may take long.
pub(crate) fn check_tools(tools: &[ToolSpec]) -> Result<(), ErrorResponse> {
    for (at, tool) in tools.iter().enumerate() {
        jsonschema::meta::validate(&tool.input_schema).map_err(|error| {
            let error = error.masked();
            invalid(format!(
                "`tools[{at}].parameters` is not a valid JSON Schema: {error}."
            ))
        })?;
    }
    Ok(())
}

/// Refuses arguments that do not satisfy the schema of their tool. The message says where, and repeats none of them.
pub(crate) fn check_arguments(
    schema: &Value,
    arguments: &Map<String, Value>,
) -> Result<(), ErrorResponse> {
    let schema = jsonschema::validator_for(schema);
    let schema = schema.map_err(|_| invalid("The arguments of this tool cannot be edited."))?;
    let arguments = Value::Object(arguments.clone());
    schema.validate(&arguments).map_err(|error| {
        let (path, rule) = (error.instance_path(), error.masked());
        invalid(format!("`editedArgs{path}` does not fit the tool: {rule}."))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn checked(schema: &Value) -> Result<(), String> {
        let spec = |input_schema: &Value| ToolSpec {
            name: "top_song".to_owned(),
            description: String::new(),
            input_schema: input_schema.clone(),
        };
        let tools = [spec(&json!({ "type": "object" })), spec(schema)];
        check_tools(&tools).map_err(|error| error.message)
    }

    #[test]
    fn arguments_of_a_tool_without_a_valid_schema_cannot_be_edited() {
        let error = check_arguments(&json!({ "type": "no_such_type" }), &Map::new());
        let error = error.expect_err("an error").message;
        assert_eq!(error, "The arguments of this tool cannot be edited.");
    }

    #[test]
    fn schemas_are_accepted() {
        for schema in [
            json!({ "type": "object" }),
            json!({
                "$defs": { "sign": { "type": "string", "pattern": "^[KW]" } },
                "properties": { "sign": { "$ref": "#/$defs/sign" } },
                "unknown": true
            }),
            json!({ "$schema": "http://json-schema.org/draft-07/schema#", "type": "object" }),
        ] {
            assert_eq!(checked(&schema), Ok(()), "{schema}");
        }
    }

    #[test]
    fn an_invalid_schema_is_refused_with_the_name_of_the_field() {
        for schema in [
            json!({ "type": "no_such_type" }),
            json!({ "properties": { "sign": { "minLength": "a" } } }),
            json!({ "required": "sign" }),
            json!([]),
        ] {
            let error = checked(&schema).expect_err("an error");
            let field = "`tools[1].parameters` is not a valid JSON Schema: ";
            assert!(error.starts_with(field), "{error}");
        }
    }
}
