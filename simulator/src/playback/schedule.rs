//! Schedule of a step: the actions of its response stream, in order, each with its time.

use std::time::Duration;

use super::{blocks, entries, recording, truncate};
use crate::{
    conversation::{request::Request, target::Target},
    reasoning::issued::IssuedReasoning,
    response::{
        action::{Action, TimedAction},
        event::{Delta, Event, Usage},
        tokens,
    },
    scenario::definition::Step,
};

/// Returns the actions of a step; times count from the arrival of the request.
pub(crate) fn actions(
    step: &Step,
    request: &Request,
    target: Target<'_>,
    issued: &IssuedReasoning,
) -> Vec<TimedAction> {
    let actions = match &step.events {
        Some(events) => entries::actions(step, events, target.model, issued),
        None => message(step, request, target, issued),
    };
    match &step.fault {
        Some(fault) => truncate::at_fault(actions, fault.delta_limit(), fault.action()),
        None => actions,
    }
}

/// Returns the actions of a complete message with the blocks of the step.
fn message(
    step: &Step,
    request: &Request,
    target: Target<'_>,
    issued: &IssuedReasoning,
) -> Vec<TimedAction> {
    let content = content(step, request, target, issued);
    let start = content
        .first()
        .map_or(Duration::from_millis(step.ttft_ms), |timed| timed.at);
    let end = content.last().map_or(start, |timed| timed.at);
    let usage = Usage {
        input: tokens::of_request(request),
        output: output_tokens(&content),
    };
    let reason = step.stop_reason().to_owned();

    let mut actions = vec![send(start, Event::MessageStart)];
    actions.extend(content);
    actions.push(send(end, Event::MessageStop { reason }));
    actions.push(send(end, Event::Metadata(usage)));
    actions
}

/// Returns the events of the content blocks, without the start and end of the message.
fn content(
    step: &Step,
    request: &Request,
    target: Target<'_>,
    issued: &IssuedReasoning,
) -> Vec<TimedAction> {
    if !step.trace.is_empty() {
        return recorded(step);
    }
    let blocks = blocks::of_step(step, request, target, issued);
    let mut events = blocks::events(&blocks, step.interleaved);
    let cut = step.stop_reason() == "max_tokens";
    if cut && matches!(events.last(), Some(Event::BlockStop { .. })) {
        events.pop();
    }
    paced(step, events)
}

/// Assigns times. The start of a block has the time of its first delta, the stop and the signature that of its
/// last delta.
fn paced(step: &Step, events: Vec<Event>) -> Vec<TimedAction> {
    let mut sent = 0_usize;
    let timed = |event: Event| {
        let follows = matches!(
            event,
            Event::BlockStop { .. }
                | Event::Delta {
                    delta: Delta::Signature(_),
                    ..
                }
        );
        let delta = if follows {
            sent.saturating_sub(1)
        } else {
            sent
        };
        sent += usize::from(!follows && matches!(event, Event::Delta { .. }));
        send(delta_time(step, delta), event)
    };
    events.into_iter().map(timed).collect()
}

/// Returns the time of the delta with this number, counted from 0.
pub(super) fn delta_time(step: &Step, delta: usize) -> Duration {
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

fn recorded(step: &Step) -> Vec<TimedAction> {
    let deltas = recording::deltas(step).into_iter();
    let mut actions: Vec<TimedAction> = deltas
        .map(|(at, delta)| send(at, Event::Delta { index: 0, delta }))
        .collect();
    let end = actions.last().map_or(Duration::ZERO, |timed| timed.at);
    actions.push(send(end, Event::BlockStop { index: 0 }));
    actions
}

fn output_tokens(actions: &[TimedAction]) -> usize {
    let characters = actions.iter().map(|timed| match &timed.action {
        Action::Send(Event::Delta { delta, .. }) => tokens::delta_characters(delta),
        _ => 0,
    });
    tokens::from_characters(characters.sum())
}

fn send(at: Duration, event: Event) -> TimedAction {
    TimedAction {
        at,
        action: Action::Send(event),
    }
}
