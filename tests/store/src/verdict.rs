//! What must hold when everything has come to rest.

use std::collections::BTreeMap;

use longwire_core::ids::RunId;
use longwire_core::message::{Block, Role};
use longwire_core::run::RunStatus;
use longwire_store::threads::messages::{History, StoredMessage};

use crate::case::{Case, run_name};
use crate::rest::LAST;

/// More messages than a sequence has.
const HISTORY: i32 = 500;

/// Looks at how everything came out, and tells it to the ledger.
pub(crate) async fn judge(case: &Case) {
    let end = case.look().await;
    let history = case.undisturbed().history(&case.key, HISTORY).await;
    let mut ledger = case.ledger();
    let mut broken = Vec::new();
    if !end.line.is_empty() {
        broken.push(format!("the line is not empty: {:?}", end.line));
    }
    let status = |run: &RunId| end.rows.get(run).map(|row| row.status);
    for (run, row) in &end.rows {
        if !row.status.ended() {
            broken.push(format!("{run} is {:?} for ever", row.status));
        }
        if row.open_part.is_some() || row.wake_by.is_some() {
            broken.push(format!("{run} has ended, and the sweep looks for it"));
        }
    }
    for run in ledger
        .acknowledged
        .iter()
        .filter(|run| status(run).is_none())
    {
        broken.push(format!("{run} was acknowledged, and is gone"));
    }
    for (run, never) in &ledger.cancelled {
        if status(run) != Some(RunStatus::Cancelled) {
            broken.push(format!(
                "{run} was to be cancelled, and is {:?}",
                status(run)
            ));
        }
        if *never && ledger.begun.contains(run) {
            broken.push(format!("{run} was never to begin, and did"));
        }
    }
    for (run, told) in &ledger.ended {
        if status(run) != Some(*told) {
            broken.push(format!(
                "{run} was told to be {told:?}, and is {:?}",
                status(run)
            ));
        }
    }
    if status(&run_name(LAST)) != Some(RunStatus::Finished) {
        broken.push("the last prompt was not answered".to_owned());
    }
    match history {
        Ok(history) => broken.extend(told_wrong(&history)),
        Err(fault) => broken.push(format!("the history cannot be read: {fault}")),
    }
    for what in broken {
        ledger.breaks(what);
    }
}

/// Each run's messages stand together: its prompt, then its steps, each once and in order.
fn told_wrong(history: &History) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut steps: BTreeMap<&RunId, Vec<&str>> = BTreeMap::new();
    let mut last = None;
    for (
        place,
        StoredMessage {
            number, message, ..
        },
    ) in (1..).zip(&history.messages)
    {
        let run = &message.run_id;
        if *number != place {
            wrong.push(format!(
                "message {place} of the thread has the number {number}"
            ));
        }
        if last != Some(run) && steps.contains_key(run) {
            wrong.push(format!("messages of other runs are between {run}'s"));
        }
        last = Some(run);
        let step = match (message.role, message.blocks.first()) {
            (Role::Assistant, Some(Block::Text { id, .. })) => id.as_str(),
            (Role::User | Role::Assistant, _) => "prompt",
        };
        steps.entry(run).or_default().push(step);
    }
    for (run, steps) in steps {
        let expected = (1..steps.len()).map(|step| format!("step-{step}"));
        let expected: Vec<_> = ["prompt".to_owned()].into_iter().chain(expected).collect();
        if steps != expected {
            wrong.push(format!("{run} was told as {steps:?}"));
        }
    }
    wrong
}
