//! A scenario as it is written in JSON.

use serde::{Deserialize, Serialize};

use super::{fault::Fault, part::Part};

/// Steps to play, one per model call of a run.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it is for, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Step *n* answers the *n*-th model call of a run.
    pub steps: Vec<Step>,
    /// After the last step it comes again; otherwise a closing sentence ends the run.
    #[serde(default)]
    pub repeat: bool,
}

/// One model call's answer.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Step {
    /// Milliseconds from the request to `messageStart` and the first delta.
    pub ttft_ms: u64,
    /// What is said, in order.
    pub blocks: Vec<Part>,
    /// The rate of the deltas; 0 sends all at once.
    pub deltas_per_s: f64,
    /// Cuts everything into pieces of this length; without it text goes word by word, tool input by 8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chars_per_delta: Option<usize>,
    /// Without it `tool_use` when there is a tool call, else `end_turn`. With `max_tokens` the last
    /// block's `contentBlockStop` is missing, as it may be in a real stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
    /// What goes wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// The fragments of the step's tool calls come in turns, told apart by their index alone.
    pub interleaved: bool,
    /// In place of `blocks` and the rates: one text block whose deltas arrive as recorded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trace: Vec<Arrival>,
}

/// One recorded delta.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Arrival {
    /// Milliseconds from the request.
    pub at_ms: f64,
    /// The delta's text.
    pub text: String,
}

impl Default for Step {
    fn default() -> Self {
        Self {
            ttft_ms: 60,
            blocks: Vec::new(),
            deltas_per_s: 100.0,
            chars_per_delta: None,
            stop_reason: None,
            fault: None,
            interleaved: false,
            trace: Vec::new(),
        }
    }
}

impl Step {
    /// A step that says these things at the usual rhythm.
    pub(crate) fn saying(blocks: Vec<Part>) -> Self {
        Self {
            blocks,
            ..Self::default()
        }
    }

    /// The stop reason in force.
    #[must_use]
    pub fn stop_reason(&self) -> &str {
        let calls = self
            .blocks
            .iter()
            .any(|part| matches!(part, Part::Tool { .. }));
        self.stop_reason
            .as_deref()
            .unwrap_or(if calls { "tool_use" } else { "end_turn" })
    }

    /// Says what makes no sense in it.
    ///
    /// # Errors
    /// A sentence that names the field.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !self.deltas_per_s.is_finite() || self.deltas_per_s < 0.0 {
            return Err("`deltas_per_s` must be 0 or more".to_owned());
        }
        if self.chars_per_delta == Some(0) {
            return Err("`chars_per_delta` must be at least 1".to_owned());
        }
        if !self.trace.is_empty() && !self.blocks.is_empty() {
            return Err("`trace` and `blocks` exclude each other".to_owned());
        }
        if self
            .trace
            .iter()
            .any(|arrival| !arrival.at_ms.is_finite() || arrival.at_ms < 0.0)
        {
            return Err("`trace`: `at_ms` must be 0 or more".to_owned());
        }
        if !self.trace.is_sorted_by(|one, next| one.at_ms <= next.at_ms) {
            return Err("`trace` must be in the order of `at_ms`".to_owned());
        }
        Ok(())
    }
}

impl Scenario {
    /// Says what makes no sense in it.
    ///
    /// # Errors
    /// A sentence that names the step and the field.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.steps.is_empty() {
            return Err("`steps` must have at least one step".to_owned());
        }
        self.steps.iter().enumerate().try_for_each(|(at, step)| {
            step.check()
                .map_err(|error| format!("steps[{at}]: {error}"))
        })
    }
}
