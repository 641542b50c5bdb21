//! Token counts: a quarter of the characters, at least one.

use super::cue::Delta;
use crate::converse::request::{Block, Request, SystemBlock};

/// Tokens of that many characters.
pub(crate) fn tokens(characters: usize) -> usize {
    characters.div_ceil(4).max(1)
}

/// Tokens of what was asked.
pub(crate) fn of_request(request: &Request) -> usize {
    let system = request.system.iter().map(|block| match block {
        SystemBlock::Text(text) => text.chars().count(),
        SystemBlock::CachePoint(_) | SystemBlock::GuardContent(_) => 0,
    });
    let content = request
        .messages
        .iter()
        .flat_map(|message| &message.content)
        .map(characters);
    tokens(system.sum::<usize>() + content.sum::<usize>())
}

/// Characters of a piece of an answer.
pub(crate) fn of_delta(delta: &Delta) -> usize {
    match delta {
        Delta::Text(text) | Delta::ToolInput(text) | Delta::Reasoning(text) => text.chars().count(),
        Delta::Signature(_) | Delta::Redacted(_) => 0,
    }
}

fn characters(block: &Block) -> usize {
    match block {
        Block::Text(text) => text.chars().count(),
        Block::ToolUse(call) => call.name.len() + call.input.to_string().chars().count(),
        Block::ToolResult(result) => result.text().chars().count(),
        _ => 0,
    }
}
