//! Splits the content blocks of a response, in order, into deltas with signatures and tool use ids.

use super::{blocks::SplitBlock, split};
use crate::{
    conversation::target::Target,
    families::family::CallIds,
    ids,
    reasoning::{binding::Binding, issued::IssuedReasoning},
    response::event::Delta,
    scenario::{block::Block, definition::Step},
};

/// State between the blocks of one response.
pub(super) struct Splitter<'a> {
    characters: Option<usize>,
    target: Target<'a>,
    /// Content before the next block; `None` for a family that does not verify it.
    binding: Option<Binding>,
    issued: &'a IssuedReasoning,
    /// Number of tool calls so far.
    calls: usize,
}

impl<'a> Splitter<'a> {
    pub(super) fn new(
        step: &Step,
        target: Target<'a>,
        mut binding: Option<Binding>,
        issued: &'a IssuedReasoning,
    ) -> Self {
        if let Some(binding) = &mut binding {
            binding.start_message("assistant");
        }
        Self {
            characters: step.chars_per_delta,
            target,
            binding,
            issued,
            calls: 0,
        }
    }

    pub(super) fn split(&mut self, block: &Block) -> SplitBlock {
        let without_tool = |deltas| SplitBlock { tool: None, deltas };
        match block {
            Block::Text(text) => {
                if let Some(binding) = &mut self.binding {
                    binding.append_text(text);
                }
                let deltas = split::text(text, self.characters).into_iter();
                without_tool(deltas.map(Delta::Text).collect())
            }
            Block::Tool {
                name,
                input,
                empty_delta,
            } => self.call(name, input, *empty_delta),
            Block::Reasoning {
                text,
                signature,
                unsigned,
            } => {
                let signature = (!unsigned).then(|| self.sign(text, signature.as_deref()));
                let deltas = split::text(text, self.characters).into_iter();
                let signature = signature.map(Delta::Signature);
                without_tool(deltas.map(Delta::Reasoning).chain(signature).collect())
            }
            Block::Redacted(data) => {
                if let Some(binding) = &mut self.binding {
                    binding.append_reasoning(data);
                }
                without_tool(vec![Delta::Redacted(data.clone())])
            }
        }
    }

    fn call(&mut self, name: &str, input: &str, empty_delta: bool) -> SplitBlock {
        let format = self
            .target
            .family
            .map_or(CallIds::ToolUse, |family| family.call_ids);
        let id = ids::tool_use_in(format, name, self.calls);
        self.calls += 1;
        if let Some(binding) = &mut self.binding {
            binding.append_call(&id, name, input);
        }
        let mut pieces = split::tool_input(input, self.characters);
        pieces.extend(empty_delta.then(String::new));
        SplitBlock {
            tool: Some((id, name.to_owned())),
            deltas: pieces.into_iter().map(Delta::ToolInput).collect(),
        }
    }

    fn sign(&mut self, text: &str, preset: Option<&str>) -> String {
        let signature = match (&self.binding, preset) {
            (Some(binding), None) => binding.sign(text),
            _ => self.issued.sign(self.target.model, text, preset),
        };
        if let Some(binding) = &mut self.binding {
            binding.append_reasoning(&signature);
        }
        signature
    }
}
