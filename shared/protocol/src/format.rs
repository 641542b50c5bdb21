//! Formats that a connection may ask for: projections of the events of AG-UI (docs/protocol.md section 8).
//!
//! Beyond the table of the protocol:
//! - RUN_STARTED, TOOL_CALL_RESULT and CUSTOM events other than `lw.status` render to nothing.
//! - Reasoning follows Bedrock's stream: `bedrock` has `delta.reasoningContent.text` and the stop of the block,
//!   `typed` has an `other` for each of those two. The other events of reasoning render to nothing.
//! - STEP_FINISHED without a stop reason belongs to a cancelled step; the reason is then `cancelled`. Without token
//!   counts the frame for them is left out.
//! - `text` adds up the tokens and the latency of the steps and writes them as Bedrock does.
//! - These formats have no answers to calls: the end of a run that leaves some open renders to an error.
//! - These formats cannot take an event back. `lw.restart` therefore renders to an error (docs/protocol.md
//!   section 5), and the events after it render to nothing.

mod bedrock;
mod blocks;
mod json;
mod seen;
mod simple;
mod text;
mod typed;

use longwire_core::shape::Format;
use serde::Serialize;

use crate::event::{Event, RESTART};
use crate::format::json::json;
use crate::format::seen::Seen;
use crate::numbered::NumberedEvent;

/// Message of the error to which the end of a run renders that leaves calls open.
const NEEDS_AGUI: &str = "This run needs an answer; use format=agui.";

/// Message of the error that a restart renders to.
const RESTARTED: &str = "The answer was interrupted. Please ask again.";

/// Renders the events of one run, which it needs without gaps and in order.
#[derive(Debug)]
pub struct Renderer {
    format: Format,
    seen: Seen,
    restarted: bool,
}

impl Renderer {
    /// Makes a renderer that begins with the first event of a run.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            seen: Seen::default(),
            restarted: false,
        }
    }

    /// Renders an event to any number of frames. In [`Format::Agui`] the frame is the event itself.
    pub fn render(&mut self, event: &NumberedEvent) -> Vec<String> {
        if self.format == Format::Agui {
            return vec![event.json()];
        }
        if self.restarted {
            return Vec::new();
        }
        self.seen.record(event);
        match &event.event {
            Event::Custom { name, .. } if name == RESTART => {
                self.restarted = true;
                vec![render_error(self.format, "worker_lost", RESTARTED)]
            }
            Event::RunError { message, code } => {
                vec![render_error(self.format, &code_name(code), message)]
            }
            Event::RunFinished { outcome, .. } if outcome.needs_answers() => {
                vec![render_error(self.format, "answers_pending", NEEDS_AGUI)]
            }
            _ => self.project(event),
        }
    }

    fn project(&self, event: &NumberedEvent) -> Vec<String> {
        match self.format {
            Format::Agui => vec![event.json()],
            Format::Blocks => blocks::render(event),
            Format::Typed => typed::render(event),
            Format::Simple => simple::render(event).into_iter().collect(),
            Format::Bedrock => bedrock::render(event, &self.seen),
            Format::Text => text::render(event, &self.seen),
        }
    }
}

/// Renders an error of a run, or of a request that was refused. In [`Format::Agui`] it has no field but its code and
/// message; [`ErrorResponse`](crate::response::error::ErrorResponse) has more.
pub fn render_error(format: Format, code: &str, message: &str) -> String {
    match format {
        Format::Agui => json(&Error {
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
struct Error<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    code: &'a str,
    message: &'a str,
}

/// Name of a code on the wire.
fn code_name(code: &impl Serialize) -> String {
    json(code).trim_matches('"').to_owned()
}
