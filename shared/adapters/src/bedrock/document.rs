//! JSON to documents of the SDK, and the reverse for the arguments of a reply that was not streamed.

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

/// Deepest nesting of a document that is converted.
const MAX_DEPTH: usize = 128;

/// Converts a document; `None` for one that is nested too deeply or has a number that JSON has not. Keys are sorted,
/// because the SDK keeps them in no order.
pub(super) fn json(document: &Document) -> Option<Value> {
    at_depth(document, 0)
}

fn at_depth(document: &Document, depth: usize) -> Option<Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    Some(match document {
        Document::Null => Value::Null,
        Document::Bool(value) => Value::Bool(*value),
        Document::Number(Number::PosInt(value)) => (*value).into(),
        Document::Number(Number::NegInt(value)) => (*value).into(),
        Document::Number(Number::Float(value)) => {
            Value::Number(serde_json::Number::from_f64(*value)?)
        }
        Document::String(value) => Value::String(value.clone()),
        Document::Array(values) => {
            let values = values.iter().map(|value| at_depth(value, depth + 1));
            Value::Array(values.collect::<Option<_>>()?)
        }
        Document::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let entry = |(key, value): (&String, &Document)| {
                Some((key.clone(), at_depth(value, depth + 1)?))
            };
            Value::Object(entries.into_iter().map(entry).collect::<Option<_>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_has_the_json_it_was_made_of() {
        let value = json!({"b": [1, -2, 2.5, null, true, {"z": "1", "a": 18_446_744_073_709_551_615_u64}], "a": {}});
        assert_eq!(json(&document(&value)), Some(value));
    }

    #[test]
    fn a_document_that_is_nested_too_deeply_is_not_converted() {
        let nested =
            |depth| (0..depth).fold(Document::Null, |inner, _| Document::Array(vec![inner]));
        assert!(json(&nested(MAX_DEPTH)).is_some());
        assert!(json(&nested(MAX_DEPTH + 1)).is_none());
        assert!(json(&Document::Number(Number::Float(f64::NAN))).is_none());
    }
}
