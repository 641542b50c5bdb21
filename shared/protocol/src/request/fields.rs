//! Reads the fields of a request. A refusal names the field and the values it accepts, and repeats nothing of what
//! the client sent.

use longwire_core::ids::{BadId, RoomName};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::response::error::{ErrorResponse, invalid};

/// Fields of a request. `null` counts as absent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(&'a Value);

impl<'a> Fields<'a> {
    /// Wraps a request. JSON that is not an object has no fields.
    pub(super) fn new(request: &'a Value) -> Self {
        Self(request)
    }

    /// Tells whether the field is present.
    pub(super) fn has(&self, field: &str) -> bool {
        self.value(field).is_some()
    }

    /// Reads a string.
    pub(super) fn text(&self, field: &str) -> Result<Option<&'a str>, ErrorResponse> {
        let read = |value: &'a Value| {
            value
                .as_str()
                .ok_or_else(|| invalid(format!("`{field}` must be a string.")))
        };
        self.value(field).map(read).transpose()
    }

    /// Reads an id.
    pub(super) fn id<T>(
        &self,
        field: &str,
        parse: impl Fn(&str) -> Result<T, BadId>,
    ) -> Result<Option<T>, ErrorResponse> {
        let read = |id| parse(id).map_err(|error| invalid(format!("`{field}` {error}.")));
        self.text(field)?.map(read).transpose()
    }

    /// Reads the room, which must be present.
    pub(super) fn room(&self) -> Result<RoomName, ErrorResponse> {
        let room = self.id("room", RoomName::parse)?;
        room.ok_or_else(|| invalid("`room` is missing."))
    }

    /// Reads a value of any type that serde deserializes. Structs need [`Self::object`], because serde takes an
    /// array for one.
    pub(super) fn get<T: DeserializeOwned>(&self, field: &str) -> Result<Option<T>, ErrorResponse> {
        let read = |value: &'a Value| {
            serde_path_to_error::deserialize(value).map_err(|error| {
                let path = path(field, &error.path().to_string());
                invalid(explain(&path, &error.into_inner().to_string()))
            })
        };
        self.value(field).map(read).transpose()
    }

    /// Reads an object.
    pub(super) fn object<T: DeserializeOwned>(
        &self,
        field: &str,
    ) -> Result<Option<T>, ErrorResponse> {
        match self.value(field) {
            None | Some(Value::Object(_)) => self.get(field),
            Some(_) => Err(invalid(format!("`{field}` must be an object."))),
        }
    }

    /// Reads an array of at most `max` objects; an absent one is empty.
    pub(super) fn objects<T: DeserializeOwned>(
        &self,
        field: &str,
        max: usize,
    ) -> Result<Vec<T>, ErrorResponse> {
        let items = match self.value(field) {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(invalid(format!("`{field}` must be an array."))),
        };
        if items.len() > max {
            let message = format!("`{field}` must have at most {max} entries.");
            return Err(invalid(message));
        }
        if let Some(at) = items.iter().position(|item| !item.is_object()) {
            return Err(invalid(format!("`{field}[{at}]` must be an object.")));
        }
        Ok(self.get(field)?.unwrap_or_default())
    }

    fn value(&self, field: &str) -> Option<&'a Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }
}

/// Deserializes a field of an object whose `null` counts as absent; for `#[serde(default, deserialize_with)]`.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Path of a value inside a field, from serde's path relative to the field.
fn path(field: &str, inside: &str) -> String {
    match inside {
        "." => field.to_owned(),
        index if index.starts_with('[') => format!("{field}{index}"),
        name => format!("{field}.{name}"),
    }
}

/// Translates an error of serde for readers who do not know serde.
fn explain(path: &str, error: &str) -> String {
    if let Some(missing) = error.strip_prefix("missing field `") {
        let missing = missing.split('`').next().unwrap_or_default();
        return format!("`{path}.{missing}` is missing.");
    }
    match error.rsplit_once("expected ") {
        Some((_, expected)) => format!("`{path}` must be {}.", plain(expected)),
        None => format!("`{path}` {error}."),
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
