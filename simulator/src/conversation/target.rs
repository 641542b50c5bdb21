//! Model and operation that a request addresses.

use crate::families::{family::Family, lookup};

/// Operation of Bedrock Runtime.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Operation {
    /// The complete response at once.
    Converse,
    /// A response stream.
    ConverseStream,
}

/// Model and operation that a request addresses.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// Model id of the path, percent-decoded.
    pub model: &'a str,
    /// Family of the model; `None` for an id of no family, which has no rules of its own.
    pub family: Option<&'static Family>,
    /// The operation.
    pub operation: Operation,
}

impl Operation {
    /// Returns the name in the path and in the records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Converse => "converse",
            Self::ConverseStream => "converse-stream",
        }
    }
}

impl<'a> Target<'a> {
    /// Creates the target with the family of the model.
    #[must_use]
    pub fn new(model: &'a str, operation: Operation) -> Self {
        Self {
            model,
            family: lookup::by_model_id(model),
            operation,
        }
    }
}
