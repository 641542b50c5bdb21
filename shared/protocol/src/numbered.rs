//! Events with their number and metadata.

use longwire_core::approval::ApprovalNeeded;
use longwire_core::ids::RunId;
use longwire_core::message::Usage;
use longwire_core::run::CancelReason;
use longwire_core::tool::ToolOutcome;
use serde::{Deserialize, Serialize};

use crate::event::Event;

/// Event without a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Event itself.
    pub event: Event,
    /// Metadata of the event.
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
    /// Adds metadata to the event.
    pub fn annotated(self, annotations: Annotations) -> Draft {
        Draft {
            event: self,
            annotations,
        }
    }
}

/// Event with its number, as all subscribers receive it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NumberedEvent {
    /// Event itself.
    #[serde(flatten)]
    pub event: Event,
    /// Number, run and further metadata.
    pub metadata: Metadata,
}

impl NumberedEvent {
    /// Serializes the event to one line of JSON, which the format `agui` and the event log use.
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("events have strings for keys")
    }
}

/// Metadata of a numbered event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// Number of the event in its run, from 1, without gaps.
    #[serde(rename = "lw.seq")]
    pub seq: u64,
    /// Id of the run.
    #[serde(rename = "lw.run")]
    pub run: RunId,
    /// Wire epoch, when above 1: the number of restarts of the run plus one.
    #[serde(rename = "lw.epoch", default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u32>,
    /// Metadata that only some events have.
    #[serde(flatten)]
    pub annotations: Annotations,
}

/// Metadata that only some events have (docs/protocol.md section 2).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Annotations {
    /// On RUN_STARTED of a run with answers to calls: run that it follows.
    #[serde(rename = "lw.after", default, skip_serializing_if = "Option::is_none")]
    pub after: Option<RunId>,
    /// On RUN_STARTED: party that started the run, `user` or `service:<source>`.
    #[serde(rename = "lw.origin", default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// On the start of a text, a reasoning or a tool call: Bedrock's contentBlockIndex.
    #[serde(rename = "lw.block", default, skip_serializing_if = "Option::is_none")]
    pub block: Option<u32>,
    /// On TOOL_CALL_START: party that runs the tool.
    #[serde(
        rename = "lw.executor",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub executor: Option<Executor>,
    /// On TOOL_CALL_START: approval that calls of the tool need.
    #[serde(
        rename = "lw.approval",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub approval: Option<ApprovalNeeded>,
    /// On TOOL_CALL_RESULT: outcome of the call.
    #[serde(
        rename = "lw.outcome",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub outcome: Option<ToolOutcome>,
    /// On TOOL_CALL_RESULT: duration of the call in milliseconds.
    #[serde(rename = "lw.ms", default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
    /// On TOOL_CALL_RESULT: whether the content is not all that the tool returned.
    #[serde(
        rename = "lw.truncated",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub truncated: Option<bool>,
    /// On a truncated TOOL_CALL_RESULT: length of all that the tool returned, in bytes.
    #[serde(rename = "lw.bytes", default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// On STEP_FINISHED: stop reason of the model.
    #[serde(
        rename = "lw.stopReason",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub stop_reason: Option<String>,
    /// On STEP_FINISHED: Bedrock's token counts.
    #[serde(rename = "lw.usage", default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// On STEP_FINISHED: latency of the call as Bedrock measured it, in milliseconds.
    #[serde(
        rename = "lw.latencyMs",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub latency_ms: Option<u64>,
    /// On RUN_FINISHED: whether a part of its usage is an estimate.
    #[serde(
        rename = "lw.estimated",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub estimated: Option<bool>,
    /// On RUN_FINISHED of a cancelled run: reason of the cancellation.
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
    /// Client that named the tool.
    Client,
}
