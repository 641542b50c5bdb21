//! Invariants of a thread that waits for results of its client's tools.

use std::collections::BTreeMap;

use longwire_core::ids::{CallId, RunId};
use longwire_core::message::Message;
use longwire_core::options::IfBusy;
use longwire_core::tool::{ToolOutcome, ToolResult};
use longwire_scheduler::error::ScheduleError;
use longwire_scheduler::results::{Answered, NewResult};

use crate::observations::Observations;
use crate::snapshot::Snapshot;

/// Time for which a thread with an expiry outlives its wait, in seconds.
const KEPT_AFTER_WAIT: u64 = 3600;

impl Observations {
    /// Chooses a call: mostly one that the thread waits for, else one that it waited for once. `None` when there was none.
    pub(crate) fn choose_call(&self, choice: usize) -> Option<CallId> {
        let pending = self.snapshot.pending();
        let calls: Vec<_> = match pending.filter(|_| !choice.is_multiple_of(4)) {
            Some(pending) => pending.calls.keys().collect(),
            None => self.asked.iter().collect(),
        };
        let position = choice.checked_rem(calls.len())?;
        Some(calls[position].clone())
    }

    /// Checks the outcome of a result: the first one that is acknowledged counts, and the last one of a wait is followed by a
    /// run.
    pub(crate) fn result_answered(
        &mut self,
        result: &NewResult,
        answered: &Result<Answered, ScheduleError>,
    ) {
        self.result("client", &format!("{answered:?}"));
        let Ok(Answered::Accepted { .. } | Answered::Continued { .. }) = answered else {
            return;
        };
        let (call_id, content) = (&result.call_id, &result.content);
        let first = self.results.entry(call_id.clone());
        let first = first.or_insert_with(|| content.clone()).clone();
        if first != *content {
            self.violation(format!(
                "{call_id} has two acknowledged results: {first} and {content}"
            ));
        }
        if let Ok(Answered::Continued { run_id, status, .. }) = answered {
            self.follows.insert(run_id.clone());
            if status.ended() {
                self.end_reported(run_id, *status);
            }
            self.acknowledged.insert(run_id.clone());
            self.check_acknowledged(run_id, IfBusy::Queue);
        }
    }

    /// Checks after a write what the thread waits for.
    pub(crate) fn check_wait(&mut self, operation: &str, before: &Snapshot) {
        let asked = self
            .snapshot
            .rows
            .values()
            .filter_map(|row| row.pending.as_ref());
        let asked: Vec<_> = asked
            .flat_map(|pending| pending.calls.keys().cloned())
            .collect();
        self.asked.extend(asked);
        let snapshot = &self.snapshot;
        let Some(meta) = &snapshot.meta else {
            return;
        };
        let until = meta.pending.as_ref().map(|pending| pending.until);
        let mut violations = Vec::new();
        if snapshot.listed != until || snapshot.open != until.is_some() {
            violations.push("the index does not list the thread while it waits, and only then");
        }
        let gone = |ttl: u64| until.is_some_and(|until| ttl < until + KEPT_AFTER_WAIT);
        if meta.ttl.is_some_and(gone) {
            violations.push("the thread expires before its wait");
        }
        if let Some(ended) = before.pending().filter(|_| meta.pending.is_none())
            && meta.run_queue.first() == Some(&ended.next_run_id)
            && meta.run_queue[1..] != *before.run_queue()
        {
            violations.push("the run that follows is not put before the others");
        }
        let entered = |run: &&RunId| !before.run_queue().contains(run);
        let entered: Vec<_> = meta.run_queue.iter().filter(entered).collect();
        let next = before.pending().map(|pending| &pending.next_run_id);
        let behind = |run: &RunId| Some(run) == meta.run_queue.last() || Some(run) == next;
        let same_thread = before.meta.as_ref().map(|meta| meta.generation) == Some(meta.generation);
        if same_thread && !entered.iter().all(|run| behind(run)) {
            violations.push("a run was put before others");
        }
        let asked = |snapshot: &Snapshot| Some(snapshot.pending()?.run_id.clone());
        let waits_on = asked(snapshot).is_some_and(|run| asked(before) == Some(run));
        if same_thread && waits_on && !entered.is_empty() {
            violations.push("a run was queued while the thread waits");
        }
        for violation in violations {
            self.violation(format!("{operation}: {violation}"));
        }
    }
}

/// Checks that each call has one result behind it: the one that was acknowledged, if there was one.
pub(crate) fn result_violations<'m>(
    messages: impl Iterator<Item = &'m Message>,
    acknowledged: &BTreeMap<CallId, String>,
) -> Vec<String> {
    let mut violations = Vec::new();
    let mut calls: BTreeMap<&CallId, Vec<&ToolResult>> = BTreeMap::new();
    for message in messages {
        for result in message.results() {
            match calls.get_mut(&result.call_id) {
                Some(results) => results.push(result),
                None => violations.push(format!("a result precedes its call {}", result.call_id)),
            }
        }
        calls.extend(message.calls().map(|call| (&call.id, Vec::new())));
    }
    for (call_id, results) in calls {
        let [result] = results[..] else {
            violations.push(format!("{call_id} has {} results", results.len()));
            continue;
        };
        let given = result.outcome == ToolOutcome::Success;
        let right = match acknowledged.get(call_id) {
            Some(content) => given && *content == result.content,
            None => !given || result.content.ends_with(call_id.as_str()),
        };
        if !right {
            let (outcome, content) = (result.outcome, &result.content);
            violations.push(format!("{call_id} has the result {outcome:?} {content}"));
        }
    }
    violations
}
