//! Invariants of the final state, after all runs have completed.

use std::collections::{BTreeMap, BTreeSet};

use longwire_core::ids::{MessageId, RunId};
use longwire_core::message::{Block, Role};
use longwire_core::run::{CancelReason, RunStatus};
use longwire_store::error::StoreError;
use longwire_store::threads::messages::{History, StoredMessage};

use crate::environment::Environment;
use crate::observations::Observations;
use crate::results::result_violations;
use crate::run_names::{FINAL_RUN, run_name};
use crate::snapshot::{Snapshot, parse_input};

/// More messages than a case stores.
const MAX_MESSAGES: i32 = 500;

/// Checks the final state and records the violations.
pub(crate) async fn check_final_state(environment: &Environment) {
    let end = environment.snapshot().await;
    let history = history(environment, &end).await;
    let mut observations = environment.observations();
    let mut violations = row_violations(&end);
    violations.extend(report_violations(&observations, &end));
    violations.extend(remains(&observations, &end));
    match history {
        Ok(history) => {
            violations.extend(history_violations(&history));
            violations.extend(text_violations(&observations, &history));
            let messages = history.messages.iter().map(|stored| &stored.message);
            violations.extend(result_violations(messages, &observations));
        }
        Err(error) => violations.push(format!("the messages cannot be read: {error}")),
    }
    for violation in violations {
        observations.violation(violation);
    }
}

/// Messages of the thread's generation.
async fn history(environment: &Environment, end: &Snapshot) -> Result<History, StoreError> {
    let generation = end.meta.as_ref().map_or(0, |meta| meta.generation);
    let newest = environment
        .direct_threads()
        .newest_messages(&environment.key, MAX_MESSAGES)
        .await?;
    Ok(newest.of(generation))
}

/// Checks that every run has ended and that neither the run queue nor the index of open runs contains one.
fn row_violations(end: &Snapshot) -> Vec<String> {
    let mut violations = Vec::new();
    if !end.run_queue().is_empty() {
        violations.push(format!("the run queue is not empty: {:?}", end.run_queue()));
    }
    for (run, row) in &end.rows {
        if !row.status.ended() {
            violations.push(format!("{run} never ends; it is {:?}", row.status));
        }
        if row.open_part.is_some() || row.wake_by.is_some() {
            violations.push(format!("{run} is in the index of open runs"));
        }
    }
    violations
}

/// Checks that nothing is left of former generations, which were erased.
fn remains(observations: &Observations, end: &Snapshot) -> Vec<String> {
    let generation = end.meta.as_ref().map(|meta| meta.generation);
    let messages = end
        .messages
        .keys()
        .filter(|place| Some(place.0) != generation);
    let mut remains: Vec<_> = messages.map(|place| format!("message {place:?}")).collect();
    let ids = end
        .others
        .iter()
        .filter_map(|sort| sort.strip_prefix("MID#"));
    let former = ids.filter(|id| {
        let of = id.split('#').next().and_then(|of| of.parse().ok());
        of != generation
    });
    remains.extend(former.map(|id| format!("message id {id}")));
    let results = end.others.iter().filter(|sort| {
        let of = sort
            .strip_prefix("ANS#")
            .and_then(|place| place.split('#').next());
        of.is_some_and(|of| of.parse().ok() != generation)
    });
    remains.extend(results.map(|sort| format!("result {sort}")));
    let rows = end.rows.iter().filter(|(_, row)| {
        let former = row.generation.is_some() && row.generation != generation;
        former
            || end
                .meta
                .as_ref()
                .is_some_and(|meta| meta.deleted_after(row.recorded_at()))
    });
    remains.extend(rows.map(|(run, _)| format!("the row of {run}")));
    let erased = observations
        .erased
        .iter()
        .filter(|run| !end.rows.contains_key(*run));
    for run in erased {
        let prefixes = [format!("LOG#{run}#"), format!("RUN#{run}#")];
        let of_run = |sort: &&String| prefixes.iter().any(|prefix| sort.starts_with(prefix));
        let late = |sort: &&String| {
            parse_input(sort).is_some_and(|run| observations.late_inputs.contains(&run))
        };
        let others = end.others.iter();
        remains.extend(others.filter(of_run).filter(|sort| !late(sort)).cloned());
    }
    let former = remains.into_iter();
    former
        .map(|item| format!("{item} of a former generation is left"))
        .collect()
}

/// Checks the final status of each run against the reports about it.
fn report_violations(observations: &Observations, end: &Snapshot) -> Vec<String> {
    let mut violations = Vec::new();
    let status = |run: &RunId| end.rows.get(run).map(|row| row.status);
    let acknowledged = observations.acknowledged.iter();
    let lost = |run: &&RunId| status(run).is_none() && !observations.erased.contains(*run);
    for run in acknowledged.filter(lost) {
        violations.push(format!("{run} was acknowledged but has no row"));
    }
    for (run, row) in &end.rows {
        let in_time = !observations.acknowledged_late.contains(run);
        let acknowledged = in_time && observations.acknowledged.contains(run);
        if row.reason == Some(CancelReason::Timeout) && acknowledged {
            violations.push(format!("{run} was acknowledged, and timed out"));
        }
    }
    for (run, while_queued) in &observations.cancelled {
        let status = status(run);
        let erased = status.is_none() && observations.erased.contains(run);
        if status != Some(RunStatus::Cancelled) && !erased {
            violations.push(format!("{run} was to be cancelled but is {status:?}"));
        }
        if *while_queued && observations.executed.contains(run) {
            violations.push(format!("{run} was cancelled while queued but executed"));
        }
    }
    for (run, reported) in &observations.ended {
        let status = status(run);
        let erased = status.is_none() && observations.erased.contains(run);
        if status != Some(*reported) && !erased {
            violations.push(format!(
                "{run} was reported as {reported:?} but is {status:?}"
            ));
        }
    }
    if status(&run_name(FINAL_RUN)) != Some(RunStatus::Finished) {
        violations.push("the final prompt was not answered".to_owned());
    }
    violations
}

/// Checks that the messages of each run are consecutive: its prompt, or the results with which it begins, then its steps, each
/// once and in order.
fn history_violations(history: &History) -> Vec<String> {
    let mut violations = Vec::new();
    let mut runs: BTreeMap<&RunId, Vec<&str>> = BTreeMap::new();
    let mut last = None;
    for (expected, stored) in (1..).zip(&history.messages) {
        let StoredMessage {
            number, message, ..
        } = stored;
        let run = &message.run_id;
        if *number != expected {
            violations.push(format!("message {expected} has the number {number}"));
        }
        if last != Some(run) && runs.contains_key(run) {
            violations.push(format!("messages of other runs are between those of {run}"));
        }
        last = Some(run);
        // A text for the run, or results of calls that the client was to make in a run that was cancelled.
        let results = message.results().next().is_some();
        if message.steered || (results && runs.contains_key(run)) {
            continue;
        }
        let content = match (message.role, message.blocks.first()) {
            (Role::Assistant, Some(Block::Text { id, .. })) => id.as_str(),
            (Role::User | Role::Assistant, _) => "prompt",
        };
        runs.entry(run).or_default().push(content);
    }
    let mut ids = BTreeSet::new();
    for StoredMessage { message, .. } in &history.messages {
        if message.role == Role::User && !ids.insert(&message.id) {
            violations.push(format!("two messages have the id {}", message.id));
        }
    }
    for (run, contents) in runs {
        let steps = (1..contents.len()).map(|step| format!("step-{step}"));
        let expected: Vec<_> = ["prompt".to_owned()].into_iter().chain(steps).collect();
        if contents != expected {
            violations.push(format!("the messages of {run} are {contents:?}"));
        }
    }
    violations
}

/// Checks that each text that was accepted is a message of its run. That of a run without messages is not stored: the run was
/// cancelled while it was queued, or its input was not written.
fn text_violations(observations: &Observations, history: &History) -> Vec<String> {
    let messages = || history.messages.iter().map(|stored| &stored.message);
    let stored = |text: &MessageId, run: &RunId| {
        messages().any(|message| message.steered && message.id == *text && message.run_id == *run)
    };
    let has_prompt = |run: &RunId| messages().any(|message| message.run_id == *run);
    let lost = observations
        .texts
        .iter()
        .filter(|(text, run)| has_prompt(run) && !stored(text, run));
    lost.map(|(text, run)| format!("{text} was accepted for {run} and is no message of it"))
        .collect()
}
