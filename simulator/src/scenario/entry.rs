//! Entry of a step that plays events verbatim.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Maximum length of an event type, exception type or error code, in characters.
const MAX_NAME_CHARACTERS: usize = 128;

/// Maximum pause: one hour.
const MAX_PAUSE_MS: u64 = 3_600_000;

/// One entry of `events`: `[type, payload]` or `{"pause_ms":N}`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(try_from = "Value", into = "Value")]
pub enum Entry {
    /// `["contentBlockDelta",{…}]`: an event of any type, also one that Bedrock does not have.
    Event {
        /// Event type.
        name: String,
        /// Payload, sent as JSON.
        payload: Value,
    },
    /// `["exception:throttlingException",{"message":"…"}]`: an exception of any type, also an unmodelled one.
    Exception {
        /// Exception type.
        name: String,
        /// Payload, sent as JSON.
        payload: Value,
    },
    /// `["error:InternalFailure","…"]`: a frame with the message type `error`, which has no payload.
    Error {
        /// Error code.
        code: String,
        /// Error message.
        message: String,
    },
    /// `["bytes","<base64>"]`: bytes that need not be a frame.
    Bytes(Vec<u8>),
    /// `{"pause_ms":N}`: a wait of at most one hour, in addition to the pace of the step.
    Pause(u64),
}

impl Entry {
    /// Returns `true` for an event of the type `contentBlockDelta`.
    #[must_use]
    pub fn is_delta(&self) -> bool {
        self.is_event(&["contentBlockDelta"])
    }

    /// Returns `true` for an event of one of these types.
    pub(crate) fn is_event(&self, names: &[&str]) -> bool {
        matches!(self, Self::Event { name, .. } if names.contains(&name.as_str()))
    }
}

impl TryFrom<Value> for Entry {
    type Error = String;

    fn try_from(entry: Value) -> Result<Self, String> {
        match entry {
            Value::Object(members) => pause(&members),
            Value::Array(parts) => match <[Value; 2]>::try_from(parts) {
                Ok([Value::String(kind), payload]) => typed(&kind, payload),
                _ => Err(SHAPE.to_owned()),
            },
            _ => Err(SHAPE.to_owned()),
        }
    }
}

const SHAPE: &str = "an entry is `[type, payload]` or `{\"pause_ms\":N}`";

fn pause(members: &serde_json::Map<String, Value>) -> Result<Entry, String> {
    let milliseconds = members.get("pause_ms").filter(|_| members.len() == 1);
    match milliseconds.map(Value::as_u64) {
        Some(Some(milliseconds)) if milliseconds <= MAX_PAUSE_MS => Ok(Entry::Pause(milliseconds)),
        Some(_) => Err(format!("`pause_ms` must be between 0 and {MAX_PAUSE_MS}")),
        None => Err(SHAPE.to_owned()),
    }
}

fn typed(kind: &str, payload: Value) -> Result<Entry, String> {
    if kind == "bytes" {
        let bytes = payload.as_str().and_then(|text| STANDARD.decode(text).ok());
        return bytes
            .map(Entry::Bytes)
            .ok_or_else(|| "`bytes` needs a string in base64".to_owned());
    }
    if let Some(name) = kind.strip_prefix("exception:") {
        let name = valid_name(name)?;
        return Ok(Entry::Exception { name, payload });
    }
    if let Some(code) = kind.strip_prefix("error:") {
        let code = valid_name(code)?;
        return match payload {
            Value::String(message) if message.len() <= usize::from(u16::MAX) => {
                Ok(Entry::Error { code, message })
            }
            _ => Err("`error:` needs a string of at most 65,535 bytes".to_owned()),
        };
    }
    let name = valid_name(kind)?;
    Ok(Entry::Event { name, payload })
}

fn valid_name(name: &str) -> Result<String, String> {
    if (1..=MAX_NAME_CHARACTERS).contains(&name.chars().count()) {
        Ok(name.to_owned())
    } else {
        Err(format!("a type has 1 to {MAX_NAME_CHARACTERS} characters"))
    }
}

impl From<Entry> for Value {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Event { name, payload } => json!([name, payload]),
            Entry::Exception { name, payload } => json!([format!("exception:{name}"), payload]),
            Entry::Error { code, message } => json!([format!("error:{code}"), message]),
            Entry::Bytes(bytes) => json!(["bytes", STANDARD.encode(bytes)]),
            Entry::Pause(milliseconds) => json!({ "pause_ms": milliseconds }),
        }
    }
}
