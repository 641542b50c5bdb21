//! From a step to the cues of its stream: what is sent, in which order, and when.

use std::time::Duration;

use super::{
    cue::{Act, Cue, Delta, Event, Usage},
    fragment, usage,
};
use crate::{
    reasoning::Issued,
    scenario::{definition::Step, part::Part, recording},
};

/// One block ready to be sent.
struct Block {
    tool: Option<(String, String)>,
    deltas: Vec<Delta>,
}

/// The cues of a step, from the request's arrival on. Signatures and the ids of tool calls are made
/// here and remembered in `issued`.
pub(crate) fn cues(step: &Step, model: &str, input_tokens: usize, issued: &Issued) -> Vec<Cue> {
    let blocks: Vec<Block> = step
        .blocks
        .iter()
        .map(|part| block(part, step, model, issued))
        .collect();
    remember(&blocks, issued);
    let pace = Pace {
        start: Duration::from_millis(step.ttft_ms),
        rate: step.deltas_per_s,
    };
    let mut events = if step.interleaved {
        in_turns(&blocks)
    } else {
        in_order(&blocks)
    };
    let cut = step.stop_reason() == "max_tokens";
    if cut && matches!(events.last(), Some(Event::BlockStop { .. })) {
        events.pop();
    }
    let mut cues = if step.trace.is_empty() {
        pace.cues(events)
    } else {
        recorded(step)
    };
    let end = cues.last().map_or(pace.start, |cue| cue.at);
    let usage = Usage {
        input: input_tokens,
        output: output_tokens(&cues),
    };
    let reason = step.stop_reason().to_owned();
    cues.extend(
        [Event::MessageStop { reason }, Event::Metadata(usage)].map(|event| send(end, event)),
    );
    let start = cues.first().map_or(pace.start, |cue| cue.at);
    cues.insert(0, send(start, Event::MessageStart));
    match &step.fault {
        Some(fault) => broken(cues, fault.after(), fault.act()),
        None => cues,
    }
}

/// When the *n*-th delta leaves.
struct Pace {
    start: Duration,
    rate: f64,
}

impl Pace {
    fn at(&self, delta: usize) -> Duration {
        if self.rate == 0.0 {
            return self.start;
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "a stream has far fewer than 2^52 deltas"
        )]
        let seconds = delta as f64 / self.rate;
        self.start + Duration::from_secs_f64(seconds)
    }

    /// A block's start goes with its first delta, its stop with its last one.
    fn cues(&self, events: Vec<Event>) -> Vec<Cue> {
        let mut sent = 0_usize;
        let time = |event: Event| {
            let at = match event {
                Event::BlockStop { .. } => self.at(sent.saturating_sub(1)),
                _ => self.at(sent),
            };
            sent += usize::from(matches!(event, Event::Delta { .. }));
            send(at, event)
        };
        events.into_iter().map(time).collect()
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
                tool: Some((crate::ids::tool_use(), name.clone())),
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
    let calls: Vec<&str> = blocks
        .iter()
        .filter_map(|block| block.tool.as_ref())
        .map(|tool| tool.0.as_str())
        .collect();
    let proofs = blocks
        .iter()
        .flat_map(|block| &block.deltas)
        .filter_map(|delta| match delta {
            Delta::Signature(proof) | Delta::Redacted(proof) => Some(proof.clone()),
            _ => None,
        });
    issued.remember(&calls, proofs.collect());
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

fn recorded(step: &Step) -> Vec<Cue> {
    let mut cues: Vec<Cue> = recording::deltas(step)
        .into_iter()
        .map(|(at, delta)| send(at, Event::Delta { index: 0, delta }))
        .collect();
    let end = cues.last().map_or(Duration::ZERO, |cue| cue.at);
    cues.push(send(end, Event::BlockStop { index: 0 }));
    cues
}

/// Keeps what comes before the fault and ends with it.
fn broken(cues: Vec<Cue>, after: usize, act: Option<Act>) -> Vec<Cue> {
    let mut left = after;
    let kept = cues.into_iter().take_while(|cue| match &cue.act {
        Act::Send(Event::Delta { .. }) => {
            let keep = left > 0;
            left = left.saturating_sub(1);
            keep
        }
        Act::Send(Event::MessageStop { .. } | Event::Metadata(_)) => false,
        _ => true,
    });
    let mut cues: Vec<Cue> = kept.collect();
    let at = cues.last().map_or(Duration::ZERO, |cue| cue.at);
    cues.extend(act.map(|act| Cue { at, act }));
    cues
}

fn output_tokens(cues: &[Cue]) -> usize {
    let characters = cues.iter().map(|cue| match &cue.act {
        Act::Send(Event::Delta { delta, .. }) => usage::of_delta(delta),
        _ => 0,
    });
    usage::tokens(characters.sum())
}

fn send(at: Duration, event: Event) -> Cue {
    Cue {
        at,
        act: Act::Send(event),
    }
}
