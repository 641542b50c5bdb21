//! Tools that the client runs.

use std::sync::Arc;

use longwire_core::ids::{MessageId, RunId};
use longwire_core::message::Message;
use longwire_core::tool::{ToolCall, ToolOutcome, ToolResult, ToolSpec};
use longwire_stream::sink::EventSink;

use crate::result_limits::ResultBytes;
use crate::results::Results;
use crate::tool_calls::{CANCELLED, cancelled};

/// Result of a call for which the client gave none.
const NOT_GIVEN: &str = "The client gave no result.";

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

/// Gives calls of the client that are not made a result and returns the results; `None` without calls.
pub async fn cancel_calls(
    events: &EventSink,
    run_id: &RunId,
    calls: &[&ToolCall],
) -> Option<Message> {
    let mut results = Results::of(events, run_id, calls.to_vec());
    results.fill(|_| cancelled(CANCELLED)).await;
    results.message()
}

/// Results of calls that were left to the client, in the order of the calls and within the limits of a stored message. A call
/// that is not among those that the client gave gets an error.
pub fn client_results(calls: &[&ToolCall], mut given: Vec<ToolResult>) -> Vec<ToolResult> {
    let mut bytes = ResultBytes::new(calls.len());
    let result = |call: &&ToolCall| {
        let position = given.iter().position(|result| result.call_id == call.id);
        let result = position.map(|position| given.swap_remove(position));
        let result = result.unwrap_or_else(|| ToolResult {
            // Each worker that begins the run makes the same id.
            message_id: MessageId::trusted(format!("m_{}", call.id)),
            call_id: call.id.clone(),
            outcome: ToolOutcome::Error,
            content: NOT_GIVEN.to_owned(),
        });
        ToolResult {
            content: bytes.limit(result.content).content,
            ..result
        }
    };
    calls.iter().map(result).collect()
}
