//! A conversation as the model's side looks at it: what is asked, what the tools said, what came before.

use serde_json::Value;

use super::request::{Block, Message, Request, Role, Status, Tool, ToolResult, ToolSpec, ToolUse};

/// A tool call with its answer.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    /// What was called.
    pub call: &'a ToolUse,
    /// What came back.
    pub result: &'a ToolResult,
}

impl Request {
    /// Where the last prompt stands: the last user message that carries words. A message with tool
    /// results *and* words counts, because a caller that must alternate roles joins the two.
    fn prompt_at(&self) -> Option<usize> {
        self.messages
            .iter()
            .rposition(|message| message.prompt().is_some())
    }

    /// The last prompt.
    #[must_use]
    pub fn prompt(&self) -> &str {
        self.prompt_at()
            .and_then(|at| self.messages[at].prompt())
            .unwrap_or_default()
    }

    /// The earlier prompts, oldest first.
    pub fn earlier_prompts(&self) -> impl DoubleEndedIterator<Item = &str> {
        let end = self.prompt_at().unwrap_or_default();
        self.messages[..end].iter().filter_map(Message::prompt)
    }

    /// How many tool-result turns followed the last prompt: 0 in a run's first model call.
    #[must_use]
    pub fn step(&self) -> usize {
        let start = self.prompt_at().map_or(0, |at| at + 1);
        self.messages[start..]
            .iter()
            .filter(|message| message.results().next().is_some())
            .count()
    }

    /// What the tools answered in the last message, with their calls.
    #[must_use]
    pub fn answered(&self) -> Vec<Answered<'_>> {
        let [.., before, last] = self.messages.as_slice() else {
            return Vec::new();
        };
        if last.prompt().is_some() {
            return Vec::new();
        }
        last.results()
            .filter_map(|result| {
                let call = before
                    .calls()
                    .find(|call| call.tool_use_id == result.tool_use_id)?;
                Some(Answered { call, result })
            })
            .collect()
    }

    /// The tools on offer.
    pub fn tools(&self) -> impl Iterator<Item = &ToolSpec> {
        self.tool_config
            .iter()
            .flat_map(|config| &config.tools)
            .filter_map(|tool| match tool {
                Tool::ToolSpec(spec) => Some(spec),
                Tool::CachePoint(_) | Tool::SystemTool(_) => None,
            })
    }

    /// Whether a tool of that name is on offer.
    #[must_use]
    pub fn offers(&self, name: &str) -> bool {
        self.tools().any(|tool| tool.name == name)
    }
}

impl Message {
    /// The user's words: the last text block that is not blank. A caller whose earlier prompt was never
    /// answered joins the two, and the later one is the question.
    #[must_use]
    pub fn prompt(&self) -> Option<&str> {
        if self.role != Role::User {
            return None;
        }
        self.content.iter().rev().find_map(|block| match block {
            Block::Text(text) if !text.trim().is_empty() => Some(text.trim()),
            _ => None,
        })
    }

    /// The tool calls in it.
    pub fn calls(&self) -> impl Iterator<Item = &ToolUse> {
        self.content.iter().filter_map(|block| match block {
            Block::ToolUse(call) => Some(call),
            _ => None,
        })
    }

    /// The tool results in it.
    pub fn results(&self) -> impl Iterator<Item = &ToolResult> {
        self.content.iter().filter_map(|block| match block {
            Block::ToolResult(result) => Some(result),
            _ => None,
        })
    }
}

impl ToolResult {
    /// Whether the tool failed.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.status == Some(Status::Error)
    }

    /// Its content as text; JSON is written out.
    #[must_use]
    pub fn text(&self) -> String {
        let parts = self.content.iter().filter_map(|part| {
            let text = part.get("text").and_then(Value::as_str).map(str::to_owned);
            text.or_else(|| part.get("json").map(Value::to_string))
        });
        parts.collect::<Vec<_>>().join("\n")
    }

    /// Its content as JSON: a `json` part, or a `text` part that is an object.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        self.content.iter().find_map(|part| {
            let text = part.get("text").and_then(Value::as_str);
            let parsed = text.and_then(|text| serde_json::from_str::<Value>(text).ok());
            part.get("json")
                .cloned()
                .or(parsed)
                .filter(Value::is_object)
        })
    }
}
