//! `ping`: is the line alive?

use serde::Deserialize;
use serde_json::{Number, Value};

use crate::request::fields;
use crate::response::error::ErrorResponse;

/// A sign of life is asked for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Ping {
    /// The client's time, which comes back as it is.
    pub t: Option<Number>,
}

impl Ping {
    /// Reads one.
    pub fn read(value: &Value) -> Result<Self, ErrorResponse> {
        fields::read(value)
    }
}
