//! Responses: all messages to clients except the events of a run (docs/protocol.md section 4).
//!
//! Here are the responses that several actions share or that a worker sends; a response of one action only stands
//! beside its request ([`crate::request`]). Fields are in the order in which people read them in a terminal. Absent
//! values are left out.

pub mod ack;
pub mod error;

pub mod history;
pub mod page;

pub mod alive;
pub mod resumed;

use longwire_core::shape::Format;
use serde::Serialize;

/// Response, serialized as an object whose first field is its `type`
/// (`#[serde(tag = "type", rename = "…")]` on the struct).
pub trait Response: Serialize {
    /// Serializes the response to one line of JSON.
    fn json(&self) -> String {
        serde_json::to_string(self).expect("responses have strings for keys")
    }

    /// Renders the response in a format. Formats other than `agui` have errors and `pong` only; other responses
    /// render to an empty text.
    fn render(&self, format: Format) -> String {
        match format {
            Format::Agui => self.json(),
            Format::Blocks | Format::Typed | Format::Simple | Format::Bedrock | Format::Text => {
                String::new()
            }
        }
    }
}
