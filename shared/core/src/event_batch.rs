//! Consecutive events of a run on their way to or from the durable log.

use std::sync::Arc;

/// Consecutive events of one run, as the JSON lines that subscribers receive, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventBatch {
    /// Number of the first event.
    pub first: u64,
    /// Number of the last event; `first - 1` when the batch is empty.
    pub last: u64,
    /// The events, each a JSON line without its line break.
    pub events: Vec<Arc<str>>,
}

impl EventBatch {
    /// Tells whether the batch holds no event.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}
