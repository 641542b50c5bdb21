//! Estimated usage of a model call for which Bedrock reported no tokens.

use longwire_core::message::Usage;
use longwire_core::text::estimated_tokens;

use crate::budget::fixed_tokens;
use crate::context_window::tokens::of_part;
use crate::model::Request;

/// Estimates the tokens of a request, and of a reply of which this many bytes were received. What Bedrock charges after a
/// connection is closed is not documented; the model may go on for a while.
pub(super) fn estimate(request: &Request, received: usize) -> Usage {
    let input_tokens = input_tokens(request);
    let output_tokens = estimated_tokens(received);
    Usage {
        input_tokens,
        output_tokens,
        total_tokens: input_tokens + output_tokens,
        estimated: true,
        ..Usage::default()
    }
}

/// Estimates the tokens of a request.
pub(super) fn input_tokens(request: &Request) -> u64 {
    let parts = request.turns.iter().flat_map(|turn| &turn.parts);
    fixed_tokens(&request.system, &request.tools) + parts.map(of_part).sum::<u64>()
}
