//! `hello`: whom do I talk to?

use serde::Deserialize;
use serde_json::Value;

use crate::request::fields;
use crate::response::error::{Code, ErrorResponse};

/// The major version of AG-UI that is spoken here.
const MAJOR: &str = "1";

/// A client introduces itself. Its name is read by nobody yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    protocol_version: Option<String>,
    #[serde(rename = "client")]
    _client: Option<String>,
}

impl Hello {
    /// Refuses clients of another major version; one that names none is taken as it is.
    pub fn read(value: &Value) -> Result<Self, ErrorResponse> {
        let raw: Raw = fields::read(value)?;
        let version = raw.protocol_version.as_deref().unwrap_or(MAJOR);
        match version.split('.').next() {
            Some(MAJOR) => Ok(Self),
            _ => Err(ErrorResponse::new(
                Code::UnsupportedVersion,
                format!("`protocolVersion` must be {MAJOR}.x."),
            )),
        }
    }
}
