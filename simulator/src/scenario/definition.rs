//! Definition of a scenario in JSON.

use serde::{Deserialize, Serialize};

use super::{block::Block, entry::Entry, fault::Fault};

/// Steps of a run, one per model call.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Description in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Responses to the model calls of a run, in order.
    pub steps: Vec<Step>,
    /// Repeats the last step for every further model call. Otherwise the response to a further model call is a
    /// sentence that says that the scenario has ended.
    #[serde(default)]
    pub repeat: bool,
    /// Longest accepted request, in bytes of its messages, system prompt and tools as JSON. A longer one is
    /// rejected with the error for a full context window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_bytes: Option<usize>,
}

/// Response to one model call.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Step {
    /// Milliseconds from the request to `messageStart` and the first delta.
    pub ttft_ms: u64,
    /// Content blocks in order.
    pub blocks: Vec<Block>,
    /// Deltas per second; 0 sends all at once.
    pub deltas_per_s: f64,
    /// Characters per delta. By default text is split at words and tool input into 8 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chars_per_delta: Option<usize>,
    /// Stop reason; by default `tool_use` if there is a tool call, otherwise `end_turn`. With `max_tokens`
    /// the last block has no `contentBlockStop`, as may happen with Bedrock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
    /// Fault of the response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// Interleaves the deltas of the tool calls, so that only the block index tells them apart.
    pub interleaved: bool,
    /// Recorded deltas of one text block, in place of `blocks` and the rates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trace: Vec<RecordedDelta>,
    /// Frames to send verbatim, in place of `blocks`: nothing is added, also no `messageStop`. Each entry but
    /// a pause takes the time of a delta. The identifiers of tool calls are literal and may repeat.
    /// `Converse` rejects such a step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<Entry>>,
}

/// One recorded delta.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedDelta {
    /// Milliseconds since the request.
    pub at_ms: f64,
    /// Text of the delta.
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
            events: None,
        }
    }
}

impl Step {
    /// Creates a step with these blocks and the default timing.
    pub(crate) fn with_blocks(blocks: Vec<Block>) -> Self {
        Self {
            blocks,
            ..Self::default()
        }
    }

    /// Returns the stop reason, explicit or default.
    #[must_use]
    pub fn stop_reason(&self) -> &str {
        let has_call = self
            .blocks
            .iter()
            .any(|block| matches!(block, Block::Tool { .. }));
        self.stop_reason
            .as_deref()
            .unwrap_or(if has_call { "tool_use" } else { "end_turn" })
    }

    /// Validates the step.
    ///
    /// # Errors
    /// A message that names the first invalid field.
    pub(crate) fn validate(&self) -> Result<(), String> {
        if !self.deltas_per_s.is_finite() || self.deltas_per_s < 0.0 {
            return Err("`deltas_per_s` must be 0 or more".to_owned());
        }
        if self.chars_per_delta == Some(0) {
            return Err("`chars_per_delta` must be at least 1".to_owned());
        }
        self.validate_events()?;
        if !self.trace.is_empty() && !self.blocks.is_empty() {
            return Err("`trace` and `blocks` exclude each other".to_owned());
        }
        if self
            .trace
            .iter()
            .any(|delta| !delta.at_ms.is_finite() || delta.at_ms < 0.0)
        {
            return Err("`trace`: `at_ms` must be 0 or more".to_owned());
        }
        if !self.trace.is_sorted_by(|one, next| one.at_ms <= next.at_ms) {
            return Err("`trace` must be in the order of `at_ms`".to_owned());
        }
        Ok(())
    }
}

impl Step {
    /// Requires that a step with `events` has no field that would have no effect on them.
    fn validate_events(&self) -> Result<(), String> {
        if self.events.is_none() {
            return Ok(());
        }
        let others = [
            ("blocks", !self.blocks.is_empty()),
            ("trace", !self.trace.is_empty()),
            ("stop_reason", self.stop_reason.is_some()),
            ("chars_per_delta", self.chars_per_delta.is_some()),
            ("interleaved", self.interleaved),
        ];
        match others.into_iter().find(|(_, present)| *present) {
            Some((name, _)) => Err(format!("`events` and `{name}` exclude each other")),
            None => Ok(()),
        }
    }
}

impl Scenario {
    /// Validates the scenario.
    ///
    /// # Errors
    /// A message that names the step and its first invalid field.
    pub(crate) fn validate(&self) -> Result<(), String> {
        if self.steps.is_empty() {
            return Err("`steps` must have at least one step".to_owned());
        }
        self.steps.iter().enumerate().try_for_each(|(index, step)| {
            step.validate()
                .map_err(|error| format!("steps[{index}]: {error}"))
        })
    }
}
