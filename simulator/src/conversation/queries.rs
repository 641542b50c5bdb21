//! Queries on a conversation: the prompt, the tool results since the prompt, the tools on offer.

use super::{
    content::{ContentBlock, ToolResultBlock, ToolUseBlock},
    request::{Message, Request, Role, Tool, ToolSpecification},
};

/// A tool call with its result.
#[derive(Clone, Copy, Debug)]
pub struct CompletedCall<'a> {
    /// The call.
    pub call: &'a ToolUseBlock,
    /// The result.
    pub result: &'a ToolResultBlock,
}

impl Request {
    /// Returns the index of the prompt: the last user message with text. A message with tool results *and*
    /// text counts, because a caller that must alternate roles merges the two.
    fn prompt_index(&self) -> Option<usize> {
        self.messages
            .iter()
            .rposition(|message| message.prompt().is_some())
    }

    /// Returns the prompt; empty if no user message has text.
    #[must_use]
    pub fn prompt(&self) -> &str {
        self.prompt_index()
            .and_then(|index| self.messages[index].prompt())
            .unwrap_or_default()
    }

    /// Iterates over the prompts before the current one, oldest first.
    pub fn earlier_prompts(&self) -> impl DoubleEndedIterator<Item = &str> {
        let end = self.prompt_index().unwrap_or_default();
        self.messages[..end].iter().filter_map(Message::prompt)
    }

    /// Counts the messages with tool results after the prompt: 0 in the first model call of a run.
    #[must_use]
    pub fn step_index(&self) -> usize {
        let start = self.prompt_index().map_or(0, |index| index + 1);
        self.messages[start..]
            .iter()
            .filter(|message| message.results().next().is_some())
            .count()
    }

    /// Returns the tool results of the last message with their calls; empty if the last message has text.
    #[must_use]
    pub fn completed_calls(&self) -> Vec<CompletedCall<'_>> {
        let [.., previous, last] = self.messages.as_slice() else {
            return Vec::new();
        };
        if last.prompt().is_some() {
            return Vec::new();
        }
        last.results()
            .filter_map(|result| {
                let call = previous
                    .calls()
                    .find(|call| call.tool_use_id == result.tool_use_id)?;
                Some(CompletedCall { call, result })
            })
            .collect()
    }

    /// Returns the size of what the model reads, in bytes of its JSON: messages, system prompt and tools.
    #[must_use]
    pub fn prompt_bytes(&self) -> usize {
        ["messages", "system", "toolConfig"]
            .iter()
            .filter_map(|name| self.body.get(name))
            .map(|member| member.to_string().len())
            .sum()
    }

    /// Iterates over the tools on offer that the caller runs.
    pub fn tools(&self) -> impl Iterator<Item = &ToolSpecification> {
        self.tool_config
            .iter()
            .flat_map(|config| &config.tools)
            .filter_map(|tool| match tool {
                Tool::ToolSpec(specification) => Some(specification),
                Tool::CachePoint(_) | Tool::SystemTool(_) => None,
            })
    }

    /// Returns `true` if a tool with this name is on offer.
    #[must_use]
    pub fn offers(&self, name: &str) -> bool {
        self.tools().any(|tool| tool.name == name)
    }
}

impl Message {
    /// Returns the prompt of a user message: its last text block that is not blank, trimmed. A caller whose
    /// earlier prompt got no response merges both prompts into one message; the later one is the question.
    #[must_use]
    pub fn prompt(&self) -> Option<&str> {
        if self.role != Role::User {
            return None;
        }
        self.content.iter().rev().find_map(|block| match block {
            ContentBlock::Text(text) if !text.trim().is_empty() => Some(text.trim()),
            _ => None,
        })
    }

    /// Iterates over the tool calls.
    pub fn calls(&self) -> impl Iterator<Item = &ToolUseBlock> {
        self.content.iter().filter_map(|block| match block {
            ContentBlock::ToolUse(call) => Some(call),
            _ => None,
        })
    }

    /// Returns `true` if the message has a tool call or a tool result.
    #[must_use]
    pub fn has_tool_blocks(&self) -> bool {
        self.calls().next().is_some() || self.results().next().is_some()
    }

    /// Iterates over the tool results.
    pub fn results(&self) -> impl Iterator<Item = &ToolResultBlock> {
        self.content.iter().filter_map(|block| match block {
            ContentBlock::ToolResult(result) => Some(result),
            _ => None,
        })
    }
}
