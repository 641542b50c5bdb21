//! Rule for the reasoning that begins a tool loop ("claude-messages-extended-thinking").

use super::result::{ValidationResult, reject};
use crate::conversation::{
    content::ContentBlock,
    request::{Message, Request, Role},
};

/// Requires, with the thinking type `enabled`, that a tool loop begins with reasoning.
///
/// The messages of a loop count as one answer of the model, so only the first one needs reasoning: without interleaved
/// thinking, the model reasons once and then calls its tools one after the other. Adaptive thinking has no such rule
/// ("claude-messages-adaptive-thinking").
pub(crate) fn validate(request: &Request) -> ValidationResult {
    if request.thinking("type") != Some("enabled") {
        return Ok(());
    }
    let Some((index, first)) = first_call(&request.messages) else {
        return Ok(());
    };
    let mut blocks = first.content.iter();
    // A cache point marks the block before it and is no block for the model.
    match blocks.find(|block| !matches!(block, ContentBlock::CachePoint(_))) {
        None | Some(ContentBlock::ReasoningContent(_)) => Ok(()),
        Some(block) => reject(format!(
            "messages.{index}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{}`. When \
             `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the \
             lastmost set of `tool_use` and `tool_result` blocks). We recommend you include thinking blocks from \
             previous turns. To avoid this requirement, disable `thinking`.",
            kind(block)
        )),
    }
}

/// Returns the first message with tool calls after the last user message without tool results, and its index.
fn first_call(messages: &[Message]) -> Option<(usize, &Message)> {
    let is_prompt =
        |message: &Message| message.role == Role::User && message.results().next().is_none();
    let start = messages
        .iter()
        .rposition(is_prompt)
        .map_or(0, |prompt| prompt + 1);
    let mut current = messages.iter().enumerate().skip(start);
    current.find(|(_, message)| message.calls().next().is_some())
}

/// Returns the name of a block's type in the Messages API.
fn kind(block: &ContentBlock) -> &'static str {
    match block {
        ContentBlock::ToolUse(_) => "tool_use",
        ContentBlock::Image(_) => "image",
        ContentBlock::Document(_) => "document",
        _ => "text",
    }
}
