//! Token estimates: one token per four characters, at least one.

use super::event::Delta;
use crate::conversation::{
    content::ContentBlock,
    request::{Request, SystemContentBlock},
};

/// Estimates the tokens of a text of this length.
pub(crate) fn from_characters(characters: usize) -> usize {
    characters.div_ceil(4).max(1)
}

/// Estimates the tokens of a request.
pub(crate) fn of_request(request: &Request) -> usize {
    let system = request.system.iter().map(|block| match block {
        SystemContentBlock::Text(text) => text.chars().count(),
        SystemContentBlock::CachePoint(_) | SystemContentBlock::GuardContent(_) => 0,
    });
    let content = request
        .messages
        .iter()
        .flat_map(|message| &message.content)
        .map(content_characters);
    from_characters(system.sum::<usize>() + content.sum::<usize>())
}

/// Counts the characters of a delta; signatures and encrypted reasoning count as none.
pub(crate) fn delta_characters(delta: &Delta) -> usize {
    match delta {
        Delta::Text(text) | Delta::ToolInput(text) | Delta::Reasoning(text) => text.chars().count(),
        Delta::Signature(_) | Delta::Redacted(_) => 0,
    }
}

fn content_characters(block: &ContentBlock) -> usize {
    match block {
        ContentBlock::Text(text) => text.chars().count(),
        ContentBlock::ToolUse(call) => call.name.len() + call.input.to_string().chars().count(),
        ContentBlock::ToolResult(result) => result.text().chars().count(),
        _ => 0,
    }
}
