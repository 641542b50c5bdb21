//! Reading a message's fields so that a refusal names the field and what it may be.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::response::error::{Code, ErrorResponse};
use longwire_core::ids::BadId;

/// Reads the fields of a message. Nothing of the client's own words is told back.
pub fn read<T: DeserializeOwned>(value: &Value) -> Result<T, ErrorResponse> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let field = error.path().to_string();
        invalid(told(&field, &error.into_inner().to_string()))
    })
}

/// A field that must be an object, if it is there: serde would take an array for one.
pub fn object(value: &Value, field: &str) -> Result<(), ErrorResponse> {
    match value.get(field) {
        None | Some(Value::Null | Value::Object(_)) => Ok(()),
        Some(_) => Err(invalid(format!("`{field}` must be an object."))),
    }
}

/// A field that must be an array of at most `max` objects, if it is there.
pub fn objects(value: &Value, field: &str, max: usize) -> Result<(), ErrorResponse> {
    let items = match value.get(field) {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(invalid(format!("`{field}` must be an array."))),
    };
    if items.len() > max {
        return Err(invalid(format!(
            "`{field}` must have at most {max} entries."
        )));
    }
    match items.iter().position(|item| !item.is_object()) {
        Some(at) => Err(invalid(format!("`{field}[{at}]` must be an object."))),
        None => Ok(()),
    }
}

/// A name that a client gave in this field.
pub fn name<T>(
    field: &str,
    given: Option<String>,
    parse: impl Fn(&str) -> Result<T, BadId>,
) -> Result<Option<T>, ErrorResponse> {
    given
        .map(|name| parse(&name).map_err(|error| invalid(format!("`{field}` {error}."))))
        .transpose()
}

/// The refusal of a field.
pub fn invalid(message: impl Into<String>) -> ErrorResponse {
    ErrorResponse::new(Code::InvalidMessage, message)
}

/// The refusal of what has too many bytes.
pub fn too_large(what: &str, max: usize) -> ErrorResponse {
    let what = what[..1].to_uppercase() + &what[1..];
    ErrorResponse::new(
        Code::PayloadTooLarge,
        format!("{what} must have at most {max} bytes of UTF-8."),
    )
}

/// serde's complaint in words for people who do not know serde.
fn told(field: &str, complaint: &str) -> String {
    if let Some(missing) = complaint.strip_prefix("missing field `") {
        let missing = missing.split('`').next().unwrap_or_default();
        return format!("`{field}.{missing}` is missing.");
    }
    match complaint.rsplit_once("expected ") {
        Some((_, expected)) => format!("`{field}` must be {}.", plain(expected)),
        None => format!("`{field}` {complaint}."),
    }
}

fn plain(expected: &str) -> &str {
    match expected {
        "u64" | "i64" | "usize" => "a whole number",
        "a sequence" => "an array",
        "a JSON number" => "a number",
        other => other,
    }
}
