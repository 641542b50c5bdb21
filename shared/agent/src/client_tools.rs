//! Tools that the client runs.

use std::sync::Arc;

use longwire_core::ids::RunId;
use longwire_core::message::Message;
use longwire_core::tool::{ToolCall, ToolSpec};
use longwire_stream::sink::EventSink;

use crate::results::Results;
use crate::tool_calls::{CANCELLED, cancelled};

/// Tools that the client of a run named. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct ClientTools(Arc<[ToolSpec]>);

impl ClientTools {
    /// Takes the descriptions.
    pub fn new(specs: Vec<ToolSpec>) -> Self {
        Self(specs.into())
    }

    /// Descriptions for the model.
    pub(super) fn specs(&self) -> &[ToolSpec] {
        &self.0
    }

    /// Tells whether the client has a tool of this name.
    pub(super) fn contain(&self, name: &str) -> bool {
        self.0.iter().any(|spec| spec.name == name)
    }

    /// Tells whether the client makes a call. One with arguments that are not JSON gets an error at once, with which the
    /// model can correct it.
    pub(super) fn take(&self, call: &ToolCall) -> Option<Result<(), String>> {
        let taken = || call.input().map(drop).map_err(|error| error.to_string());
        self.contain(&call.name).then(taken)
    }
}

/// Gives calls that were left open a result, because the run is cancelled, and returns the results; `None` without calls.
pub async fn cancel_calls(
    events: &EventSink,
    run_id: &RunId,
    calls: &[&ToolCall],
) -> Option<Message> {
    let mut results = Results::of(events, run_id, calls.to_vec());
    results.fill(|_| cancelled(CANCELLED)).await;
    results.message()
}
