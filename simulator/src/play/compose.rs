//! From a step to the cues of its stream: what is sent, in which order, and when.

use std::time::Duration;

use super::{
    blocks, broken,
    cue::{Act, Cue, Event, Usage},
    usage,
};
use crate::{
    reasoning::Issued,
    scenario::{definition::Step, recording},
};

/// The cues of a step, from the request's arrival on.
pub(crate) fn cues(step: &Step, model: &str, input_tokens: usize, issued: &Issued) -> Vec<Cue> {
    let content = content(step, model, issued);
    let begin = content
        .first()
        .map_or(Duration::from_millis(step.ttft_ms), |cue| cue.at);
    let end = content.last().map_or(begin, |cue| cue.at);
    let usage = Usage {
        input: input_tokens,
        output: output_tokens(&content),
    };
    let reason = step.stop_reason().to_owned();
    let last = [Event::MessageStop { reason }, Event::Metadata(usage)];

    let mut cues = vec![send(begin, Event::MessageStart)];
    cues.extend(content);
    cues.extend(last.map(|event| send(end, event)));
    match &step.fault {
        Some(fault) => broken::after(cues, fault.after(), fault.act()),
        None => cues,
    }
}

/// The cues of the blocks, without the frame around them.
fn content(step: &Step, model: &str, issued: &Issued) -> Vec<Cue> {
    if !step.trace.is_empty() {
        return recorded(step);
    }
    let mut events = blocks::events(&blocks::of_step(step, model, issued), step.interleaved);
    let cut = step.stop_reason() == "max_tokens";
    if cut && matches!(events.last(), Some(Event::BlockStop { .. })) {
        events.pop();
    }
    paced(step, events)
}

/// A block's start goes with its first delta, its stop with its last one.
fn paced(step: &Step, events: Vec<Event>) -> Vec<Cue> {
    let mut sent = 0_usize;
    let cue = |event: Event| {
        let delta = match event {
            Event::BlockStop { .. } => sent.saturating_sub(1),
            _ => sent,
        };
        sent += usize::from(matches!(event, Event::Delta { .. }));
        send(time(step, delta), event)
    };
    events.into_iter().map(cue).collect()
}

/// When the delta of that number leaves.
fn time(step: &Step, delta: usize) -> Duration {
    let start = Duration::from_millis(step.ttft_ms);
    if step.deltas_per_s == 0.0 {
        return start;
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "a stream has far fewer than 2^52 deltas"
    )]
    let seconds = delta as f64 / step.deltas_per_s;
    start + Duration::from_secs_f64(seconds)
}

fn recorded(step: &Step) -> Vec<Cue> {
    let deltas = recording::deltas(step).into_iter();
    let mut cues: Vec<Cue> = deltas
        .map(|(at, delta)| send(at, Event::Delta { index: 0, delta }))
        .collect();
    let end = cues.last().map_or(Duration::ZERO, |cue| cue.at);
    cues.push(send(end, Event::BlockStop { index: 0 }));
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
