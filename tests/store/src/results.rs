//! Invariants of the results of calls in the final state.

use std::collections::BTreeMap;

use longwire_core::ids::{CallId, RunId};
use longwire_core::message::Message;
use longwire_core::tool::{ToolCall, ToolOutcome, ToolResult};

use crate::answers::content;
use crate::approved_calls::MADE;
use crate::observations::Observations;
use crate::open_calls::CLIENT_TOOL;

/// Checks that each call has one result behind it, in the run that is to store it: the one that was acknowledged, if there was
/// one.
pub(crate) fn result_violations<'m>(
    messages: impl Iterator<Item = &'m Message>,
    observations: &Observations,
) -> Vec<String> {
    let messages: Vec<_> = messages.collect();
    let mut violations = Vec::new();
    let mut calls: BTreeMap<&CallId, (&ToolCall, Vec<Stored<'_>>)> = BTreeMap::new();
    for (at, message) in messages.iter().enumerate() {
        for result in message.results() {
            match calls.get_mut(&result.call_id) {
                Some((_, results)) => results.push(Stored { result, at }),
                None => violations.push(format!("a result precedes its call {}", result.call_id)),
            }
        }
        calls.extend(message.calls().map(|call| (&call.id, (call, Vec::new()))));
    }
    for (call_id, (call, results)) in calls {
        let [stored] = results[..] else {
            violations.push(format!("{call_id} has {} results", results.len()));
            continue;
        };
        let (outcome, content) = (stored.result.outcome, &stored.result.content);
        let run_id = &messages[stored.at].run_id;
        if !is_right(observations, call, stored.result, run_id) {
            violations.push(format!("{call_id} has the result {outcome:?} {content}"));
        }
        if !is_placed(observations, &messages, stored) {
            violations.push(format!("{call_id} has its result in {run_id}"));
        }
    }
    violations
}

/// Result and the position of its message.
#[derive(Clone, Copy)]
struct Stored<'m> {
    result: &'m ToolResult,
    at: usize,
}

fn is_right(
    observations: &Observations,
    call: &ToolCall,
    result: &ToolResult,
    run_id: &RunId,
) -> bool {
    if call.name == CLIENT_TOOL {
        result.decision.is_none() && is_right_result(observations, result)
    } else {
        is_right_decision(observations, result, run_id)
    }
}

/// Tells whether the result of a call of the client consists of the parts that were acknowledged, and of others where none was.
fn is_right_result(observations: &Observations, result: &ToolResult) -> bool {
    let acknowledged = |part: usize| observations.answers.get(&(result.call_id.clone(), part));
    if result.outcome != ToolOutcome::Success {
        let of = acknowledged(1).map_or(1, |first| first.of);
        let there = |part: usize| acknowledged(part).is_some_and(|part| part.of == of);
        return !(1..=of).all(there);
    }
    let parts: Vec<_> = result.content.split_inclusive(';').collect();
    let of = parts.len();
    (1..)
        .zip(parts)
        .all(|(part, given)| match acknowledged(part) {
            Some(acknowledged) => acknowledged.of == of && acknowledged.content == given,
            None => [true, false]
                .map(|first| content(&result.call_id, first, part, of))
                .contains(&given.to_owned()),
        })
}

/// Tells whether the result of a call that needs approval fits the decision: a denied call is not made, and an approved one is
/// made in the run that follows or not at all.
fn is_right_decision(observations: &Observations, result: &ToolResult, run_id: &RunId) -> bool {
    let acknowledged = observations.answers.get(&(result.call_id.clone(), 1));
    let stored = result.decision.as_ref().map(|decision| decision.approved);
    if let Some(acknowledged) = acknowledged.and_then(|part| part.approved)
        && stored != Some(acknowledged)
    {
        return false;
    }
    let made = observations.made.get(&result.call_id);
    let is_made = result.content.starts_with(MADE);
    match (stored, result.outcome) {
        (Some(true), ToolOutcome::Success) => is_made && made == Some(run_id),
        (Some(true), ToolOutcome::Cancelled) => made.is_none(),
        (Some(true), ToolOutcome::Error) => true,
        (Some(false) | None, ToolOutcome::Denied) => made.is_none(),
        (Some(_), _) => false,
        (None, outcome) => made.is_none() && outcome == ToolOutcome::Cancelled,
    }
}

/// Tells whether a result is in the run that made the call, which was cancelled then, or is among the first messages of the run
/// behind the last one that waited for it.
fn is_placed(observations: &Observations, messages: &[&Message], stored: Stored<'_>) -> bool {
    let call_id = &stored.result.call_id;
    let made_by = |message: &&&Message| message.calls().any(|call| call.id == *call_id);
    let Some(caller) = messages.iter().find(made_by).map(|message| &message.run_id) else {
        return false;
    };
    let asked = observations.asked.get(call_id).map(|asked| &asked.run_id);
    let asked = asked.unwrap_or(caller);
    let (run_id, cancelled) = (
        &messages[stored.at].run_id,
        stored.result.outcome == ToolOutcome::Cancelled,
    );
    if run_id == asked {
        return cancelled;
    }
    let first = messages
        .iter()
        .position(|message| message.run_id == *run_id);
    let behind = |message: &&&Message| message.run_id != *asked;
    let last = messages
        .iter()
        .rposition(|message| message.run_id == *asked);
    let next = last.and_then(|last| messages[last..].iter().find(behind));
    let is_next = next.is_some_and(|next| next.run_id == *run_id);
    // A run may end before it has the results of its approved calls, and the next one closes them.
    let closes = next.is_some_and(|next| next.calling);
    (is_next || closes) && (first == Some(stored.at) || cancelled)
}
