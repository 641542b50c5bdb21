//! Arguments of a tool: one struct gives the JSON Schema for the model and the check of what the model wrote.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// JSON Schema of the arguments, without references, which not every model follows.
pub(crate) fn schema<A: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<A>();
    // The name and the comment of the struct are for readers of the source.
    schema.remove("title");
    schema.remove("description");
    schema.to_value()
}

/// Parses the arguments that the model wrote; `null` is an empty object. The error names the argument and is
/// written for the model.
pub(crate) fn parse<A: DeserializeOwned>(input: &Value) -> Result<A, String> {
    let input = match input {
        Value::Null => &Value::Object(Map::new()),
        Value::Object(_) => input,
        _ => return Err("The arguments are not a JSON object.".to_owned()),
    };
    serde_path_to_error::deserialize(input).map_err(|error| {
        match error.path().to_string().as_str() {
            "." => format!("The arguments are no good: {}.", error.inner()),
            path => format!("The argument {path:?} is no good: {}.", error.inner()),
        }
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    /// Comment that the schema leaves out.
    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    struct Args {
        /// Destination.
        place: Place,
        sides: Option<u8>,
    }

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    struct Place {
        name: String,
    }

    #[test]
    fn a_schema_has_no_references_and_lists_required_arguments() {
        let schema = schema::<Args>();
        assert_eq!(schema["type"], "object");
        assert_eq!(schema["required"], json!(["place"]));
        assert_eq!(schema["properties"]["place"]["description"], "Destination.");
        assert_eq!(
            schema["properties"]["place"]["properties"]["name"]["type"],
            "string"
        );
        assert!(!schema.to_string().contains('$') && schema.get("description").is_none());
    }

    #[test]
    fn an_error_names_the_invalid_argument() {
        let error = |input| parse::<Args>(&input).expect_err("invalid");
        assert_eq!(
            error(json!({"place": {"name": 5}})),
            "The argument \"place.name\" is no good: invalid type: integer `5`, expected a string."
        );
        assert_eq!(
            error(Value::Null),
            "The arguments are no good: missing field `place`."
        );
        assert_eq!(
            error(json!("{\"pla")),
            "The arguments are not a JSON object."
        );
        assert!(error(json!({"place": {"name": ""}, "sides": 300})).contains("\"sides\""));
    }

    #[test]
    fn valid_arguments_are_parsed_and_unknown_ones_ignored() {
        let args = parse::<Args>(&json!({"place": {"name": "x"}, "mood": "good"})).expect("valid");
        assert_eq!((args.place.name.as_str(), args.sides), ("x", None));
    }
}
