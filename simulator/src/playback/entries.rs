//! Entries of a step that plays events verbatim, with their times.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use super::schedule::delta_time;
use crate::{
    reasoning::issued::IssuedReasoning,
    response::action::{Action, TimedAction},
    scenario::{definition::Step, entry::Entry},
};

/// Returns the actions of the entries. Pauses become gaps; a pause after the last entry keeps the stream open.
pub(crate) fn actions(
    step: &Step,
    events: &[Entry],
    model: &str,
    issued: &IssuedReasoning,
) -> Vec<TimedAction> {
    remember_signatures(events, model, issued);
    let mut paused = Duration::ZERO;
    let mut sent = 0_usize;
    let timed = events.iter().map(|entry| {
        if let Entry::Pause(milliseconds) = entry {
            paused += Duration::from_millis(*milliseconds);
        } else {
            sent += 1;
        }
        TimedAction {
            at: delta_time(step, sent.saturating_sub(1)) + paused,
            action: Action::Play(entry.clone()),
        }
    });
    timed.collect()
}

/// Remembers each signature with the reasoning text of its block, so that the block is valid when a caller
/// returns it.
fn remember_signatures(events: &[Entry], model: &str, issued: &IssuedReasoning) {
    let mut texts: BTreeMap<u64, String> = BTreeMap::new();
    let mut signatures: BTreeMap<u64, String> = BTreeMap::new();
    for entry in events.iter().filter(|entry| entry.is_delta()) {
        let Entry::Event { payload, .. } = entry else {
            continue;
        };
        let member = |path: &str| payload.pointer(path).and_then(Value::as_str);
        let Some(index) = payload.get("contentBlockIndex").and_then(Value::as_u64) else {
            continue;
        };
        if let Some(text) = member("/delta/reasoningContent/text") {
            texts.entry(index).or_default().push_str(text);
        }
        if let Some(signature) = member("/delta/reasoningContent/signature") {
            signatures.entry(index).or_default().push_str(signature);
        }
    }
    for (index, signature) in signatures {
        let text = texts.remove(&index).unwrap_or_default();
        issued.sign(model, &text, Some(&signature));
    }
}
