//! JSON to documents of the SDK. The reverse is not needed, because arguments arrive as JSON text.

use aws_smithy_types::{Document, Number};
use serde_json::Value;

/// Converts a value. Every number of `serde_json` is a 64-bit integer or a float.
pub(super) fn document(value: &Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(value) => Document::Bool(*value),
        Value::Number(value) => Document::Number(number(value)),
        Value::String(value) => Document::String(value.clone()),
        Value::Array(values) => Document::Array(values.iter().map(document).collect()),
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| (key.clone(), document(value));
            Document::Object(map.iter().map(entry).collect())
        }
    }
}

fn number(value: &serde_json::Number) -> Number {
    if let Some(value) = value.as_u64() {
        Number::PosInt(value)
    } else if let Some(value) = value.as_i64() {
        Number::NegInt(value)
    } else {
        Number::Float(value.as_f64().unwrap_or_default())
    }
}
