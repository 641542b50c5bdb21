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
pub mod bye;
pub mod push;
pub mod resumed;
pub mod room;

use longwire_core::shape::Format;
use serde::Serialize;

/// Serializes a response to one line of JSON. The first field of every response is its `type`: each struct declares
/// it with `#[serde(tag = "type", rename = "…")]`.
pub fn json(response: &impl Serialize) -> String {
    serde_json::to_string(response).expect("responses have strings for keys")
}

/// Response to a connection whose token expires soon.
#[derive(Serialize)]
struct Expiring<'r, R> {
    #[serde(flatten)]
    response: &'r R,
    expiring: bool,
}

/// Renders a response to a connection whose token expires within a minute, as [`render`] does. It has the further field
/// `expiring`.
pub fn render_expiring(response: &impl Serialize, format: Format) -> String {
    let expiring = Expiring {
        response,
        expiring: true,
    };
    render(&expiring, format)
}

/// Renders a response in a format. Formats other than `agui` have errors ([`error::ErrorResponse::render`]) and `pong`
/// only; all other responses render to an empty text.
pub fn render(response: &impl Serialize, format: Format) -> String {
    match format {
        Format::Agui => json(response),
        Format::Blocks | Format::Typed | Format::Simple | Format::Bedrock | Format::Text => {
            String::new()
        }
    }
}
