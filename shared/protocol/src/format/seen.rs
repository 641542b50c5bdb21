//! State of a renderer: parts of earlier events that later ones need.

use std::collections::HashMap;

use longwire_core::message::Usage;
use serde::Serialize;

use crate::event::Event;
use crate::numbered::{Annotations, NumberedEvent};

/// Content block indexes and token counts of the run so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    indexes: HashMap<String, u32>,
    /// Sum over the steps.
    pub(super) cost: Cost,
}

impl Seen {
    /// Records an event.
    pub(super) fn record(&mut self, event: &NumberedEvent) {
        if let (Some(id), Some(index)) = (opened(&event.event), event.metadata.annotations.block) {
            self.indexes.insert(id.to_owned(), index);
        }
        if let Some(cost) = Cost::of(&event.metadata.annotations) {
            self.cost.usage = self.cost.usage + cost.usage;
            self.cost.metrics.latency_ms += cost.metrics.latency_ms;
        }
    }

    /// Bedrock's contentBlockIndex of a message or a tool call; 0 when its start was not recorded.
    pub(super) fn index(&self, id: &str) -> u32 {
        self.indexes.get(id).copied().unwrap_or_default()
    }
}

/// Id of the message or the tool call that an event opens.
fn opened(event: &Event) -> Option<&str> {
    match event {
        Event::TextMessageStart { message_id, .. }
        | Event::ReasoningStart { message_id }
        | Event::ReasoningMessageStart { message_id, .. } => Some(message_id.as_str()),
        Event::ToolCallStart { tool_call_id, .. } => Some(tool_call_id.as_str()),
        _ => None,
    }
}

/// Bedrock's `metadata` event.
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
    /// Counts of a STEP_FINISHED; `None` when it has none.
    pub(super) fn of(annotations: &Annotations) -> Option<Self> {
        Some(Self {
            usage: annotations.usage?,
            metrics: Metrics {
                latency_ms: annotations.latency_ms.unwrap_or_default(),
            },
        })
    }
}

/// Stop reason of a STEP_FINISHED.
pub(super) fn stop_reason(annotations: &Annotations) -> &str {
    annotations.stop_reason.as_deref().unwrap_or("cancelled")
}
