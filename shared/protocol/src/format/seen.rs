//! What a projection must remember of the lines before.

use std::collections::HashMap;

use serde::Serialize;

use crate::event::Event;
use crate::numbered::{Annotations, NumberedEvent};
use longwire_core::message::Usage;

/// Content block indexes and costs, so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    indexes: HashMap<String, u32>,
    /// Summed over the steps.
    pub(super) cost: Cost,
}

impl Seen {
    /// Remembers what later lines need of this one.
    pub(super) fn note(&mut self, line: &NumberedEvent) {
        if let (Some(id), Some(index)) = (opened(&line.event), line.metadata.annotations.block) {
            self.indexes.insert(id.to_owned(), index);
        }
        if let Some(cost) = Cost::of(&line.metadata.annotations) {
            self.cost.usage = self.cost.usage + cost.usage;
            self.cost.metrics.latency_ms += cost.metrics.latency_ms;
        }
    }

    /// Bedrock's contentBlockIndex of a message or call; 0 when its start was not seen.
    pub(super) fn index(&self, id: &str) -> u32 {
        self.indexes.get(id).copied().unwrap_or_default()
    }
}

fn opened(event: &Event) -> Option<&str> {
    match event {
        Event::TextMessageStart { message_id, .. }
        | Event::ReasoningStart { message_id }
        | Event::ReasoningMessageStart { message_id, .. } => Some(message_id.as_str()),
        Event::ToolCallStart { tool_call_id, .. } => Some(tool_call_id.as_str()),
        _ => None,
    }
}

/// What Bedrock's `metadata` event says.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Cost {
    pub(super) usage: Usage,
    pub(super) metrics: Metrics,
}

#[derive(Debug, Clone, Copy, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metrics {
    /// In milliseconds.
    pub(super) latency_ms: u64,
}

impl Cost {
    /// The cost a STEP_FINISHED tells, if it does.
    pub(super) fn of(annotations: &Annotations) -> Option<Self> {
        Some(Self {
            usage: annotations.usage?,
            metrics: Metrics {
                latency_ms: annotations.latency_ms.unwrap_or_default(),
            },
        })
    }
}

/// Why the model stopped, as a STEP_FINISHED tells it.
pub(super) fn stop_reason(annotations: &Annotations) -> &str {
    annotations.stop_reason.as_deref().unwrap_or("cancelled")
}
