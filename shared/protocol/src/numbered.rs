//! Lines: events with their metadata, numbered.

use serde::{Deserialize, Serialize};

use crate::event::Event;
use longwire_core::ids::RunId;
use longwire_core::message::Usage;
use longwire_core::run::CancelReason;
use longwire_core::tool::ToolOutcome;

/// An event on its way to becoming a line: it has no number yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// What happened.
    pub event: Event,
    /// What else there is to say about it.
    pub annotations: Annotations,
}

impl From<Event> for Draft {
    fn from(event: Event) -> Self {
        Self {
            event,
            annotations: Annotations::default(),
        }
    }
}

impl Event {
    /// This event, with something said about it.
    pub fn annotated(self, annotations: Annotations) -> Draft {
        Draft {
            event: self,
            annotations,
        }
    }
}

/// One line of a run as every watching connection gets it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NumberedEvent {
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// Its number, its run, and more.
    pub metadata: Metadata,
}

impl NumberedEvent {
    /// The canonical text, without a line break: what `agui` connections get and the log keeps.
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("every map of a line has strings for keys")
    }
}

/// What every line carries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// The line's number in its run, from 1, without gaps.
    #[serde(rename = "lw.seq")]
    pub seq: u64,
    /// The run.
    #[serde(rename = "lw.run")]
    pub run: RunId,
    /// The wire epoch, when above 1: how often lines of this run became void, plus one.
    #[serde(rename = "lw.epoch", default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u32>,
    /// What the event itself has to say.
    #[serde(flatten)]
    pub annotations: Annotations,
}

/// The metadata that belongs to single kinds of events (docs/protocol.md section 2).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Annotations {
    /// On RUN_STARTED: `user` or `service:<name>`.
    #[serde(rename = "lw.origin", default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// On starts of texts, thoughts and calls: Bedrock's contentBlockIndex.
    #[serde(rename = "lw.block", default, skip_serializing_if = "Option::is_none")]
    pub block: Option<u32>,
    /// On TOOL_CALL_START: `server` or `client`.
    #[serde(
        rename = "lw.executor",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub executor: Option<Executor>,
    /// On TOOL_CALL_RESULT: how it went.
    #[serde(
        rename = "lw.outcome",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub outcome: Option<ToolOutcome>,
    /// On TOOL_CALL_RESULT: how long the tool took, in milliseconds.
    #[serde(rename = "lw.ms", default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
    /// On TOOL_CALL_RESULT: the content was cut for the wire.
    #[serde(
        rename = "lw.truncated",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub truncated: Option<bool>,
    /// On a cut TOOL_CALL_RESULT: how long it is, in bytes.
    #[serde(rename = "lw.bytes", default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// On STEP_FINISHED: the model's own word for why it stopped.
    #[serde(
        rename = "lw.stopReason",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub stop_reason: Option<String>,
    /// On STEP_FINISHED: Bedrock's counts.
    #[serde(rename = "lw.usage", default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// On STEP_FINISHED: Bedrock's own measure of the call, in milliseconds.
    #[serde(
        rename = "lw.latencyMs",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub latency_ms: Option<u64>,
    /// On a cancelled RUN_FINISHED: who or what stopped it.
    #[serde(rename = "lw.reason", default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<CancelReason>,
    /// On RUN_ERROR: whether the same prompt may succeed later.
    #[serde(
        rename = "lw.retryable",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub retryable: Option<bool>,
}

/// Party that runs a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Executor {
    /// Worker of the run.
    Server,
}
