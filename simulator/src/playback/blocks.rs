//! Content blocks of a step as events, in the order in which they are sent.

use super::splitter::Splitter;
use crate::{
    conversation::{request::Request, target::Target},
    reasoning::{binding::Binding, issued::IssuedReasoning},
    response::event::{Delta, Event},
    scenario::definition::Step,
};

/// A content block, split into deltas.
pub(crate) struct SplitBlock {
    /// Identifier and tool name of a tool call.
    pub(super) tool: Option<(String, String)>,
    pub(super) deltas: Vec<Delta>,
}

/// Splits the blocks of a step. Generates signatures and tool use ids and remembers them in `issued`.
pub(crate) fn of_step(
    step: &Step,
    request: &Request,
    target: Target<'_>,
    issued: &IssuedReasoning,
) -> Vec<SplitBlock> {
    let bound = target.family.is_some_and(|family| family.prefix_check);
    let binding = bound.then(|| Binding::of_request(request, target.model, issued).0);
    let mut splitter = Splitter::new(step, target, binding, issued);
    let blocks: Vec<SplitBlock> = step
        .blocks
        .iter()
        .map(|block| splitter.split(block))
        .collect();
    remember_reasoning(&blocks, issued);
    blocks
}

/// Returns the events of the blocks: one block after the other, or with the tool calls interleaved.
pub(crate) fn events(blocks: &[SplitBlock], interleaved: bool) -> Vec<Event> {
    if interleaved {
        interleaved_events(blocks)
    } else {
        sequential_events(blocks)
    }
}

fn remember_reasoning(blocks: &[SplitBlock], issued: &IssuedReasoning) {
    let tools = blocks.iter().filter_map(|block| block.tool.as_ref());
    let calls: Vec<&str> = tools.map(|(id, _)| id.as_str()).collect();
    let deltas = blocks.iter().flat_map(|block| &block.deltas);
    let fingerprints = deltas.filter_map(|delta| match delta {
        Delta::Signature(fingerprint) | Delta::Redacted(fingerprint) => Some(fingerprint.clone()),
        _ => None,
    });
    issued.remember(&calls, &fingerprints.collect::<Vec<_>>());
}

fn sequential_events(blocks: &[SplitBlock]) -> Vec<Event> {
    let block_events = |(index, block): (usize, &SplitBlock)| {
        let deltas = block
            .deltas
            .iter()
            .cloned()
            .map(move |delta| Event::Delta { index, delta });
        tool_start(index, block)
            .into_iter()
            .chain(deltas)
            .chain([Event::BlockStop { index }])
            .collect::<Vec<_>>()
    };
    blocks.iter().enumerate().flat_map(block_events).collect()
}

/// Returns the events of the blocks before the first tool call in sequence, then the tool calls with their
/// deltas in rotation.
fn interleaved_events(blocks: &[SplitBlock]) -> Vec<Event> {
    let first_call = blocks
        .iter()
        .position(|block| block.tool.is_some())
        .unwrap_or(blocks.len());
    let mut events = sequential_events(&blocks[..first_call]);
    let calls: Vec<(usize, &SplitBlock)> = blocks.iter().enumerate().skip(first_call).collect();
    events.extend(
        calls
            .iter()
            .filter_map(|(index, block)| tool_start(*index, block)),
    );
    let rounds = calls
        .iter()
        .map(|(_, block)| block.deltas.len())
        .max()
        .unwrap_or_default();
    for round in 0..rounds {
        events.extend(calls.iter().filter_map(|(index, block)| {
            let delta = block.deltas.get(round)?.clone();
            Some(Event::Delta {
                index: *index,
                delta,
            })
        }));
    }
    events.extend(
        calls
            .iter()
            .map(|(index, _)| Event::BlockStop { index: *index }),
    );
    events
}

fn tool_start(index: usize, block: &SplitBlock) -> Option<Event> {
    let (id, name) = block.tool.clone()?;
    Some(Event::ToolStart { index, id, name })
}
