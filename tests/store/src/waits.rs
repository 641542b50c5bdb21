//! Invariants of a thread that waits for answers to calls: results of its client's tools, or decisions.

use longwire_core::ids::{CallId, RunId};
use longwire_core::options::IfBusy;
use longwire_core::pending::Pending;
use longwire_scheduler::error::ScheduleError;
use longwire_scheduler::results::{Answered, NewResult};
use longwire_store::threads::call_results::ResultPart;

use crate::observations::Observations;
use crate::snapshot::{PartKey, Snapshot};

/// Time for which a thread with an expiry outlives its wait, in seconds.
const KEPT_AFTER_WAIT: u64 = 3600;

/// Call that a thread waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Run that ended with the call.
    pub run_id: RunId,
    /// Run that follows the answers.
    pub next_run_id: RunId,
    /// The call needs approval; otherwise the client makes it.
    pub approval: bool,
}

impl Asked {
    fn of(pending: &Pending) -> Self {
        Self {
            run_id: pending.run_id.clone(),
            next_run_id: pending.next_run_id.clone(),
            approval: pending.approvals.is_some(),
        }
    }
}

/// Facts about an answer before it is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before {
    /// The same answer was acknowledged.
    pub acknowledged: bool,
    /// The thread waits for it.
    pub awaited: bool,
}

/// Answer, or part of one, that was acknowledged to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Acknowledged {
    /// Number of parts.
    pub of: usize,
    /// Content of the part.
    pub content: String,
    /// Decision, if it is one.
    pub approved: Option<bool>,
}

impl Acknowledged {
    fn of(answer: &NewResult) -> Self {
        Self {
            of: answer.of,
            content: answer.content.clone(),
            approved: answer.decision.as_ref().map(|decision| decision.approved),
        }
    }

    fn of_part(part: &ResultPart) -> Self {
        Self {
            of: part.of,
            content: part.content.clone(),
            approved: part.decision.as_ref().map(|decision| decision.approved),
        }
    }
}

impl Observations {
    /// Chooses a call: mostly one that the thread waits for, else one that it waited for once. `None` when there was none.
    pub(crate) fn choose_call(&self, choice: usize) -> Option<(CallId, Asked)> {
        let pending = self.snapshot.pending();
        let calls: Vec<_> = match pending.filter(|_| !choice.is_multiple_of(4)) {
            Some(pending) => pending.calls.keys().collect(),
            None => self.asked.keys().collect(),
        };
        let position = choice.checked_rem(calls.len())?;
        let call_id = calls[position].clone();
        let asked = self.asked.get(&call_id)?.clone();
        Some((call_id, asked))
    }

    /// Finds out what is known about an answer before it is sent.
    pub(crate) fn before(&self, answer: &NewResult) -> Before {
        let known = self.answers.get(&(answer.call_id.clone(), answer.part));
        Before {
            acknowledged: known.is_some_and(|known| *known == Acknowledged::of(answer)),
            awaited: self.awaits(answer),
        }
    }

    /// Checks the outcome of an answer: the first one that is acknowledged counts, and the last one of a wait is followed by a
    /// run.
    pub(crate) fn answer_reported(
        &mut self,
        answer: &NewResult,
        before: Before,
        answered: &Result<Answered, ScheduleError>,
    ) {
        self.result("client", &format!("{answered:?}"));
        let call_id = &answer.call_id;
        let duplicate = match answered {
            Ok(Answered::Accepted { duplicate, .. } | Answered::Continued { duplicate, .. }) => {
                *duplicate
            }
            Ok(Answered::NotPending) => {
                self.refused += 1;
                return self.check_refused(answer, before);
            }
            Err(_) => return,
        };
        self.duplicates += u64::from(duplicate);
        let key = (call_id.clone(), answer.part);
        let sent = Acknowledged::of(answer);
        let first = self.answers.entry(key).or_insert_with(|| sent.clone());
        if *first != sent {
            let violation = format!("{call_id} has two acknowledged answers: {first:?}, {sent:?}");
            self.violation(violation);
        }
        let approval = self.asked.get(call_id).is_some_and(|asked| asked.approval);
        if approval != answer.decision.is_some() {
            self.violation(format!("{call_id} took an answer of the other kind"));
        }
        // A part that is repeated before the call has its whole result counts as new.
        if before.acknowledged && !duplicate && answer.of == 1 {
            self.violation(format!("a repeated answer to {call_id} counts as new"));
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

    /// Checks that an answer was not refused that the thread waits for since before it was sent.
    fn check_refused(&mut self, answer: &NewResult, before: Before) {
        if before.awaited && self.awaits(answer) {
            let call_id = &answer.call_id;
            self.violation(format!(
                "an answer to {call_id} was refused, which the thread waits for"
            ));
        }
    }

    /// Tells whether the thread waits for an answer of this kind to this call, and has no other one.
    fn awaits(&self, answer: &NewResult) -> bool {
        let meta = self.snapshot.meta.as_ref();
        let Some((meta, pending)) = meta.and_then(|meta| Some((meta, meta.pending.as_ref()?)))
        else {
            return false;
        };
        let place = (meta.generation, answer.call_id.clone(), answer.part);
        let stored = self.snapshot.answers.get(&place);
        pending.calls.contains_key(&answer.call_id)
            && !pending.expired(answer.millis / 1000)
            && pending.approvals.is_some() == answer.decision.is_some()
            && stored.is_none_or(|stored| Acknowledged::of_part(stored) == Acknowledged::of(answer))
    }

    /// Records that a worker makes an approved call: once, in the run that follows the decisions.
    pub(crate) fn call_made(&mut self, call_id: &CallId, run_id: &RunId) {
        self.trace_line(format!("  {run_id} makes {call_id}"));
        if let Some(other) = self.made.insert(call_id.clone(), run_id.clone()) {
            self.violation(format!("{other} and {run_id} both made {call_id}"));
        }
        let asked = self.asked.get(call_id);
        if !asked.is_some_and(|asked| asked.approval && asked.next_run_id == *run_id) {
            self.violation(format!(
                "{run_id} made {call_id}, but does not follow its approval"
            ));
        }
        let mut stored = self.snapshot.answers.iter();
        let stored = stored.find(|((_, answered, _), _)| answered == call_id);
        let decision = stored.and_then(|(_, stored)| stored.decision.as_ref());
        if !decision.is_some_and(|decision| decision.approved) {
            self.violation(format!("{call_id} was made without an approval"));
        }
    }

    /// Checks that a thread stops waiting for a call only when the whole answer is stored, and it is of the awaited kind.
    pub(crate) fn check_answered(&mut self, operation: &str, before: &Snapshot) {
        let snapshot = &self.snapshot;
        let (Some(asked), Some(meta)) = (before.pending(), &snapshot.meta) else {
            return;
        };
        let left = match &meta.pending {
            Some(pending) if pending.run_id == asked.run_id => pending.calls.keys().collect(),
            None if meta.run_queue.first() == Some(&asked.next_run_id) => Vec::new(),
            Some(_) | None => return,
        };
        let answered = |call_id: &&CallId| !left.contains(call_id);
        let right = |call_id: &CallId| {
            let parts = snapshot.whole_answer(meta.generation, call_id);
            parts.is_some_and(|parts| {
                let decides = |part: &ResultPart| part.decision.is_some();
                parts
                    .iter()
                    .all(|part| decides(part) == asked.approvals.is_some())
            })
        };
        let wrong = asked
            .calls
            .keys()
            .filter(answered)
            .find(|call_id| !right(call_id));
        if let Some(call_id) = wrong.cloned() {
            self.violation(format!(
                "{operation}: the wait goes on without an answer to {call_id}"
            ));
        }
    }

    /// Checks that no part of an answer is changed, and that only those of former generations are removed.
    pub(crate) fn check_answers_kept(&mut self, operation: &str, before: &Snapshot) {
        let generation = self.snapshot.meta.as_ref().map(|meta| meta.generation);
        let kept = |(place, part): (&PartKey, &ResultPart)| match self.snapshot.answers.get(place) {
            Some(stored) => stored == part,
            None => Some(place.0) != generation,
        };
        let changed = before.answers.iter().find(|stored| !kept(*stored));
        if let Some((place, _)) = changed {
            let violation = format!("{operation} changed the answer {place:?}");
            self.violation(violation);
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
            .flat_map(|pending| {
                let asked = Asked::of(pending);
                pending
                    .calls
                    .keys()
                    .map(move |call_id| (call_id.clone(), asked.clone()))
            })
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
