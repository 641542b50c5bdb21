//! Estimated usage of a model call for which Bedrock reported no tokens.

use longwire_core::message::Usage;

use crate::context_window::tokens::of_bytes;
use crate::model::{Part, Request};

/// Estimates the tokens of a request, and of a reply of which this many bytes were received. What Bedrock charges after a
/// connection is closed is not documented; the model may go on for a while.
pub(super) fn estimate(request: &Request, received: usize) -> Usage {
    let parts = request.turns.iter().flat_map(|turn| &turn.parts);
    let tools = request.tools.iter();
    let tools = tools.map(|tool| tool.description.len() + tool.input_schema.to_string().len());
    let bytes = request.system.len() + parts.map(length).sum::<usize>() + tools.sum::<usize>();
    let (input_tokens, output_tokens) = (of_bytes(bytes), of_bytes(received));
    Usage {
        input_tokens,
        output_tokens,
        total_tokens: input_tokens + output_tokens,
        estimated: true,
        ..Usage::default()
    }
}

fn length(part: &Part) -> usize {
    match part {
        Part::Text(text) | Part::RedactedReasoning(text) | Part::ToolResult { text, .. } => {
            text.len()
        }
        Part::Reasoning { text, signature } => {
            text.len() + signature.as_ref().map_or(0, String::len)
        }
        Part::ToolCall { name, input, .. } => name.len() + input.to_string().len(),
        Part::CachePoint => 0,
    }
}
