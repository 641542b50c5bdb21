//! Estimates of tokens.

use longwire_core::message::{Block, Message};
use longwire_core::run_input::Context;
use longwire_core::text::estimated_tokens;
use longwire_core::tool::ToolSpec;

use crate::model::Part;

/// Bytes that a block or a tool takes beside its texts.
const OVERHEAD: usize = 32;

/// Estimated tokens of a message.
pub(crate) fn of_message(message: &Message) -> u64 {
    let blocks = message.blocks.iter().map(|block| OVERHEAD + bytes(block));
    let facts = message.context.iter().map(Context::bytes);
    let event = message.event.as_ref().map_or(0, String::len);
    estimated_tokens(blocks.sum::<usize>() + facts.sum::<usize>() + event)
}

/// Estimated tokens of a part of a request.
pub(crate) fn of_part(part: &Part) -> u64 {
    let bytes = match part {
        Part::Text(text) | Part::RedactedReasoning(text) | Part::ToolResult { text, .. } => {
            text.len()
        }
        Part::Reasoning { text, signature } => {
            text.len() + signature.as_ref().map_or(0, String::len)
        }
        Part::ToolCall { name, input, .. } => name.len() + input.to_string().len(),
        Part::CachePoint => return 0,
    };
    estimated_tokens(OVERHEAD + bytes)
}

/// Estimated tokens of a tool's description.
pub(crate) fn of_tool(tool: &ToolSpec) -> u64 {
    let schema = tool.input_schema.to_string().len();
    estimated_tokens(OVERHEAD + tool.name.len() + tool.description.len() + schema)
}

fn bytes(block: &Block) -> usize {
    match block {
        Block::Text { text, .. } => text.len(),
        Block::Reasoning { text, signature } => {
            text.len() + signature.as_ref().map_or(0, String::len)
        }
        Block::RedactedReasoning { data } => data.len(),
        Block::ToolCall(call) => call.name.len() + call.arguments.len(),
        Block::ToolResult(result) => result.content.len(),
    }
}
