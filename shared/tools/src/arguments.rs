//! A tool's arguments: the schema the model is shown and the check of what it wrote come from one struct.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The JSON Schema of the arguments, in one piece: not every model follows references.
pub(super) fn schema<A: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<A>();
    // What the struct is called, and why, is for those who read the source.
    schema.remove("title");
    schema.remove("description");
    schema.to_value()
}

/// Reads what the model wrote; no arguments at all are an empty object. The error names the argument and is
/// written for the model.
pub(super) fn read<A: DeserializeOwned>(input: &Value) -> Result<A, String> {
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
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    /// Not for the model.
    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    struct Args {
        /// Where to.
        place: Place,
        sides: Option<u8>,
    }

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    struct Place {
        name: String,
    }

    #[test]
    fn a_schema_is_whole_and_says_what_is_required() {
        let schema = schema::<Args>();
        assert_eq!(schema["type"], "object");
        assert_eq!(schema["required"], json!(["place"]));
        assert_eq!(schema["properties"]["place"]["description"], "Where to.");
        assert_eq!(
            schema["properties"]["place"]["properties"]["name"]["type"],
            "string"
        );
        assert!(!schema.to_string().contains('$') && schema.get("description").is_none());
    }

    #[test]
    fn bad_arguments_are_named() {
        let complaint = |input| read::<Args>(&input).expect_err("bad");
        assert_eq!(
            complaint(json!({"place": {"name": 5}})),
            "The argument \"place.name\" is no good: invalid type: integer `5`, expected a string."
        );
        assert_eq!(
            complaint(Value::Null),
            "The arguments are no good: missing field `place`."
        );
        assert_eq!(
            complaint(json!("{\"pla")),
            "The arguments are not a JSON object."
        );
        assert!(complaint(json!({"place": {"name": ""}, "sides": 300})).contains("\"sides\""));
    }

    #[test]
    fn good_arguments_are_read_with_or_without_more() {
        let args = read::<Args>(&json!({"place": {"name": "x"}, "mood": "good"})).expect("good");
        assert_eq!((args.place.name.as_str(), args.sides), ("x", None));
    }
}
