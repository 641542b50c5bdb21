//! The shapes a connection may ask for: pure projections of the canonical lines (docs/protocol.md section 8).
//!
//! What the protocol's table leaves open is decided here:
//! - RUN_STARTED, TOOL_CALL_RESULT and CUSTOM events other than `lw.status` render to nothing.
//! - Thinking looks as it does in Bedrock's stream: `bedrock` shows `delta.reasoningContent.text` and the
//!   block's stop, `typed` an `other` for each of those two; the rest of its lines render to nothing.
//! - STEP_FINISHED without a stop reason belongs to a cancelled step: the reason is `cancelled`. Without
//!   token counts the frame that would carry them is left out.
//! - `text` sums tokens and latency over the steps this renderer has seen, in Bedrock's own shape.
//! - After a restart these shapes cannot take anything back, so `lw.restart` ends the run with an error
//!   (docs/protocol.md section 5) and nothing of it follows.

mod bedrock;
mod blocks;
mod seen;
mod simple;
mod text;
mod typed;

use serde::Serialize;

use crate::event::{Event, RESTART};
use crate::numbered::NumberedEvent;
use longwire_core::shape::Format;
use seen::Seen;

const RESTARTED: &str = "The answer was interrupted. Please ask again.";

/// Turns the lines of one run into frames. It must see every line of the run, in order.
#[derive(Debug)]
pub struct Renderer {
    format: Format,
    seen: Seen,
    over: bool,
}

impl Renderer {
    /// A renderer for a run of which nothing was rendered yet.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            seen: Seen::default(),
            over: false,
        }
    }

    /// The frames this line becomes: none, one, or a few. For [`Format::Agui`] it is the line itself.
    pub fn render(&mut self, line: &NumberedEvent) -> Vec<String> {
        if self.format == Format::Agui {
            return vec![line.json()];
        }
        if self.over {
            return Vec::new();
        }
        self.seen.note(line);
        match &line.event {
            Event::Custom { name, .. } if name == RESTART => {
                self.over = true;
                vec![render_error(self.format, "worker_lost", RESTARTED)]
            }
            Event::RunError { message, code } => {
                vec![render_error(self.format, &word(code), message)]
            }
            _ => self.project(line),
        }
    }

    fn project(&self, line: &NumberedEvent) -> Vec<String> {
        match self.format {
            Format::Agui => vec![line.json()],
            Format::Blocks => blocks::render(line),
            Format::Typed => typed::render(line),
            Format::Simple => simple::render(line).into_iter().collect(),
            Format::Bedrock => bedrock::render(line, &self.seen),
            Format::Text => text::render(line, &self.seen),
        }
    }
}

/// An error in the format's shape: a failed run's, or a refused message's.
///
/// For [`Format::Agui`] it is a bare control line; whoever knows the sender's `id`, the run or whether a
/// retry helps writes a fuller one.
pub fn render_error(format: Format, code: &str, message: &str) -> String {
    match format {
        Format::Agui => json(&Response {
            kind: "error",
            code,
            message,
        }),
        Format::Blocks => blocks::error(message),
        Format::Typed => typed::error(message),
        Format::Simple => simple::error(message),
        Format::Bedrock => bedrock::error(code, message),
        Format::Text => text::error(message),
    }
}

#[derive(Serialize)]
struct Response<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    code: &'a str,
    message: &'a str,
}

fn json(frame: &impl Serialize) -> String {
    serde_json::to_string(frame).expect("frames have strings for keys")
}

/// A code as it stands on the wire.
fn word(code: &impl Serialize) -> String {
    json(code).trim_matches('"').to_owned()
}
