//! The blocks of a step, cut into deltas, and the order in which their events leave.

use super::{
    cue::{Delta, Event},
    fragment,
};
use crate::{
    ids,
    reasoning::Issued,
    scenario::{definition::Step, part::Part},
};

/// One block ready to be sent.
pub(crate) struct Block {
    tool: Option<(String, String)>,
    deltas: Vec<Delta>,
}

/// The blocks of a step. Signatures and the ids of tool calls are made here and remembered in `issued`.
pub(crate) fn of_step(step: &Step, model: &str, issued: &Issued) -> Vec<Block> {
    let blocks: Vec<Block> = step
        .blocks
        .iter()
        .map(|part| block(part, step, model, issued))
        .collect();
    remember(&blocks, issued);
    blocks
}

/// The events of the blocks: one block after the other, or the calls in turns.
pub(crate) fn events(blocks: &[Block], interleaved: bool) -> Vec<Event> {
    if interleaved {
        in_turns(blocks)
    } else {
        in_order(blocks)
    }
}

fn block(part: &Part, step: &Step, model: &str, issued: &Issued) -> Block {
    let plain = |deltas| Block { tool: None, deltas };
    match part {
        Part::Text(text) => plain(
            fragment::text(text, step.chars_per_delta)
                .into_iter()
                .map(Delta::Text)
                .collect(),
        ),
        Part::Tool { name, input, blank } => {
            let mut pieces = fragment::input(input, step.chars_per_delta);
            pieces.extend(blank.then(String::new));
            let deltas = pieces.into_iter().map(Delta::ToolInput).collect();
            Block {
                tool: Some((ids::tool_use(), name.clone())),
                deltas,
            }
        }
        Part::Reasoning { text, signature } => {
            let signature = issued.sign(model, text, signature.as_deref());
            let words = fragment::text(text, step.chars_per_delta)
                .into_iter()
                .map(Delta::Reasoning);
            plain(words.chain([Delta::Signature(signature)]).collect())
        }
        Part::Redacted(data) => plain(vec![Delta::Redacted(data.clone())]),
    }
}

fn remember(blocks: &[Block], issued: &Issued) {
    let tools = blocks.iter().filter_map(|block| block.tool.as_ref());
    let calls: Vec<&str> = tools.map(|(id, _)| id.as_str()).collect();
    let deltas = blocks.iter().flat_map(|block| &block.deltas);
    let proofs = deltas.filter_map(|delta| match delta {
        Delta::Signature(proof) | Delta::Redacted(proof) => Some(proof.clone()),
        _ => None,
    });
    issued.remember(&calls, &proofs.collect::<Vec<_>>());
}

fn in_order(blocks: &[Block]) -> Vec<Event> {
    let one = |(index, block): (usize, &Block)| {
        let deltas = block
            .deltas
            .iter()
            .cloned()
            .map(move |delta| Event::Delta { index, delta });
        start(index, block)
            .into_iter()
            .chain(deltas)
            .chain([Event::BlockStop { index }])
            .collect::<Vec<_>>()
    };
    blocks.iter().enumerate().flat_map(one).collect()
}

/// Everything that is not a tool call first, then all calls at once, a fragment of each in turn.
fn in_turns(blocks: &[Block]) -> Vec<Event> {
    let split = blocks
        .iter()
        .position(|block| block.tool.is_some())
        .unwrap_or(blocks.len());
    let mut events = in_order(&blocks[..split]);
    let calls: Vec<(usize, &Block)> = blocks.iter().enumerate().skip(split).collect();
    events.extend(
        calls
            .iter()
            .filter_map(|(index, block)| start(*index, block)),
    );
    let longest = calls
        .iter()
        .map(|(_, block)| block.deltas.len())
        .max()
        .unwrap_or_default();
    for turn in 0..longest {
        events.extend(calls.iter().filter_map(|(index, block)| {
            let delta = block.deltas.get(turn)?.clone();
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

fn start(index: usize, block: &Block) -> Option<Event> {
    let (id, name) = block.tool.clone()?;
    Some(Event::ToolStart { index, id, name })
}
