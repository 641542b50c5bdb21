//! Invariants that hold after every write, and at the moment at which a client receives the outcome of a start.

use std::collections::BTreeSet;

use longwire_core::ids::{ConnectionId, RunId};
use longwire_core::options::IfBusy;
use longwire_core::run::{RunRow, RunStatus};

use crate::fault_injector::FaultInjector;
use crate::observations::Observations;
use crate::run_names::rounds;
use crate::snapshot::{Snapshot, parse_input};

impl Observations {
    /// Checks a write of an operation, after which the thread is in this state.
    pub(crate) fn write(&mut self, injector: &FaultInjector, snapshot: Snapshot) {
        let operation = &injector.operation;
        let before = std::mem::replace(&mut self.snapshot, snapshot);
        if before.meta != self.snapshot.meta {
            let generation = self.snapshot.meta.as_ref().map(|meta| meta.generation);
            let run_queue = names(self.snapshot.run_queue());
            let waits = self.snapshot.pending().map(|pending| {
                format!(
                    ", waits for {:?} until {}",
                    pending.call_ids(),
                    pending.until
                )
            });
            let line = format!(
                "  {operation}: generation {generation:?}, run queue {run_queue}{}",
                waits.unwrap_or_default()
            );
            self.trace_line(line);
            let former = before.meta.as_ref().map(|meta| meta.generation);
            if let Some(former) = former.filter(|former| Some(*former) != generation) {
                self.former_generations.insert(former);
            }
            self.check_run_queue(&before);
            self.check_wait(operation, &before);
            self.check_answered(operation, &before);
        }
        self.check_answers_kept(operation, &before);
        self.check_messages(operation, &before);
        self.record_late_inputs(&before);
        let known = before.rows.keys().chain(self.snapshot.rows.keys());
        let known: BTreeSet<RunId> = known.cloned().collect();
        for run in known {
            let (old, new) = (before.rows.get(&run), self.snapshot.rows.get(&run).cloned());
            if old == new.as_ref() {
                continue;
            }
            let described = new.as_ref().map_or("removed".to_owned(), describe);
            self.trace_line(format!("  {operation}: {run} {described}"));
            match (old, new) {
                (Some(old), None) => self.check_removed(&run, old),
                (Some(old), Some(new)) if old.status.ended() => {
                    // What is sent again for an ended run is counted, and erase writes the former generation.
                    let erased = !self.snapshot.has(old);
                    let counted = RunRow {
                        wakes: new.wakes,
                        end_posts: new.end_posts,
                        generation: if erased {
                            new.generation
                        } else {
                            old.generation
                        },
                        ..old.clone()
                    };
                    if counted == new {
                        continue;
                    }
                    self.violation(format!("{run} had ended, but {operation} changed it"));
                }
                (old, Some(new)) => {
                    if let Some(old) = old {
                        self.check_subscribers_kept(injector, &run, old, &new);
                        self.check_events_kept(&run, old, &new);
                    }
                    self.check_changed(injector, &run, &new);
                }
                (None, None) => {}
            }
        }
    }

    fn record_late_inputs(&mut self, before: &Snapshot) {
        let Snapshot { rows, others, .. } = &self.snapshot;
        let unfinished = |run: &RunId| rows.get(run).is_some_and(|row| !row.status.ended());
        self.late_inputs.retain(|run| !unfinished(run));
        let inputs = others.iter().filter(|sort| !before.others.contains(sort));
        let runs = inputs.filter_map(|sort| parse_input(sort));
        self.late_inputs.extend(runs.filter(|run| !unfinished(run)));
    }

    /// Checks that each run is in the run queue once and belongs to the thread, and leaves it only after its end or
    /// with the deletion of the thread.
    fn check_run_queue(&mut self, before: &Snapshot) {
        let run_queue = self.snapshot.run_queue().to_vec();
        let foreign = run_queue.iter().find(|run| {
            let row = self.snapshot.rows.get(run);
            row.is_some_and(|row| !self.snapshot.has(row))
        });
        if let Some(run) = foreign {
            self.violation(format!("{run} of a deleted thread is in the run queue"));
        }
        let distinct: BTreeSet<_> = run_queue.iter().collect();
        if distinct.len() < run_queue.len() {
            self.violation(format!(
                "a run is in the run queue twice: {}",
                names(&run_queue)
            ));
        }
        let left = before
            .run_queue()
            .iter()
            .filter(|run| !run_queue.contains(run));
        for run in left {
            let row = self.snapshot.rows.get(run);
            if row.is_some_and(|row| !row.status.ended() && self.snapshot.has(row)) {
                self.violation(format!("{run} left the run queue before its end"));
            }
        }
    }

    /// Checks that only the row of a start that is taken back is removed, or that of a deleted thread.
    fn check_removed(&mut self, run: &RunId, row: &RunRow) {
        if !self.snapshot.has(row) {
            self.erased.insert(run.clone());
            // A run of the same id begins anew.
            self.owners.retain(|(other, _), _| other != run);
            self.ended.remove(run);
            self.cancelled.remove(run);
            self.executed.remove(run);
            self.acknowledged.remove(run);
            self.texts.retain(|_, of| of != run);
            return;
        }
        if row.epoch > 0 || row.status != RunStatus::Queued || self.acknowledged.contains(run) {
            self.violation(format!(
                "the row of {run} was removed, although the run was claimed, ended or acknowledged"
            ));
        }
    }

    /// Checks that no write of a worker loses the cursor of a `resume` request, which the next worker needs.
    fn check_subscribers_kept(
        &mut self,
        injector: &FaultInjector,
        run: &RunId,
        old: &RunRow,
        new: &RunRow,
    ) {
        let kept = |id: &ConnectionId| new.subscribers.get(id).map(|kept| kept.requested_at);
        let mut resumed = old
            .subscribers
            .iter()
            .filter(|(_, cursor)| cursor.requested_at > 0);
        let lost = resumed.find(|(id, cursor)| kept(id) != Some(cursor.requested_at));
        if let Some((id, _)) = lost.filter(|_| injector.claimed.get().is_some()) {
            let operation = &injector.operation;
            self.violation(format!("{operation} lost the resume of {id} for {run}"));
        }
    }

    /// Checks that a reclaim makes no event void that is stored, because the messages of its step are.
    fn check_events_kept(&mut self, run: &RunId, old: &RunRow, new: &RunRow) {
        let kept = new.restarts.last().copied().unwrap_or_default();
        if new.crashes > old.crashes && kept < old.last_seq {
            let last = old.last_seq;
            self.violation(format!(
                "a restart of {run} keeps the events up to {kept} of {last}"
            ));
        }
    }

    /// Checks that a run has one owner in each epoch, and that only the head of the run queue is executed.
    fn check_changed(&mut self, injector: &FaultInjector, run: &RunId, row: &RunRow) {
        if let Some(owner) = &row.claimed_by {
            let first = self
                .owners
                .entry((run.clone(), row.epoch))
                .or_insert_with(|| owner.clone());
            if first != owner {
                let epoch = row.epoch;
                let violation = format!("{first} and {owner} both own {run} in epoch {epoch}");
                self.violation(violation);
            }
        }
        if injector.claimed.get() == Some(run) {
            let foreign = row.claimed_by.as_ref().filter(|owner| {
                let of = injector.operation.split(" with").next();
                of != Some(owner.as_str())
            });
            if let Some(owner) = foreign {
                let operation = &injector.operation;
                self.violation(format!("{operation} wrote {run}, which {owner} owns"));
            }
            self.executed.insert(run.clone());
            if self.snapshot.pending().is_some() && self.snapshot.has(row) {
                let operation = &injector.operation;
                self.violation(format!("{operation} wrote {run} while the thread waits"));
            }
            if self.snapshot.run_queue().first() != Some(run) && self.snapshot.has(row) {
                let operation = &injector.operation;
                self.violation(format!(
                    "{operation} wrote {run}, which is not the head of the run queue"
                ));
            }
        }
    }

    /// Checks that an acknowledged run has a row and, while it is queued, a place in the run queue. When it
    /// interrupts, all runs ahead of it must have ended or be requested to cancel.
    pub(crate) fn check_acknowledged(&mut self, run: &RunId, if_busy: IfBusy) {
        let (run_queue, rows) = (self.snapshot.run_queue(), &self.snapshot.rows);
        let position = run_queue.iter().position(|other| other == run);
        let missing = match rows.get(run) {
            None if self.erased.contains(run) => None,
            Some(row) if !self.snapshot.has(row) => None,
            None => Some("has no row"),
            Some(row) if row.status == RunStatus::Queued && position.is_none() => {
                Some("is not in the run queue")
            }
            Some(_) => None,
        };
        let ahead = position
            .filter(|_| if_busy == IfBusy::Interrupt)
            .unwrap_or_default();
        let stops = |row: &RunRow| row.status.ended() || row.cancel_requested.is_some();
        // A run that follows a wait may be put before the one that interrupts.
        let continues = |other: &&RunId| rounds(other) == 0 && !rows.get(*other).is_none_or(stops);
        let not_interrupted = run_queue[..ahead].iter().find(continues).cloned();
        if let Some(missing) = missing {
            self.violation(format!("{run} was acknowledged but {missing}"));
        }
        if let Some(other) = not_interrupted {
            self.violation(format!(
                "{run} interrupts, but {other} ahead of it continues"
            ));
        }
    }

    /// Tells whether nothing is unfinished but rows of refused starts: the row of a repeated start stays, outside of the run
    /// queue, and the sweep cancels it.
    pub(crate) fn has_only_remainders(&self) -> bool {
        let repeated = |run: &RunId| self.starts.get(run).is_some_and(|starts| *starts > 1);
        let remainder = |(run, row): (&RunId, &RunRow)| {
            row.status.ended()
                || (row.status == RunStatus::Queued
                    && repeated(run)
                    && !self.acknowledged.contains(run))
        };
        self.snapshot.run_queue().is_empty() && self.snapshot.rows.iter().all(remainder)
    }

    /// Checks that nothing remains of a rejected run that could begin by itself, unless it was started more than once.
    /// A start whose responses were lost takes its own row for that of an earlier start and leaves it, outside of the
    /// run queue; the sweep cancels it.
    pub(crate) fn check_rejected(&mut self, run: &RunId) {
        let (run_queue, rows) = (self.snapshot.run_queue(), &self.snapshot.rows);
        let began = rows
            .get(run)
            .is_some_and(|row| row.status == RunStatus::Running || row.epoch > 0);
        let ended = rows.get(run).is_some_and(|row| row.status.ended());
        let remains = began || (run_queue.contains(run) && !ended);
        if self.starts.get(run) == Some(&1) && remains {
            self.violation(format!("{run} was rejected, but a part of it remains"));
        }
    }
}

fn names(run_queue: &[RunId]) -> String {
    let names: Vec<_> = run_queue.iter().map(RunId::as_str).collect();
    format!("[{}]", names.join(" "))
}

/// Describes a row for the trace.
fn describe(row: &RunRow) -> String {
    let owner = row.claimed_by.as_deref().unwrap_or("none");
    let cancel = row
        .cancel_requested
        .map(|reason| format!(", cancellation requested: {reason:?}"));
    format!(
        "{:?}, epoch {}, owner {owner}, last event {}{}",
        row.status,
        row.epoch,
        row.last_seq,
        cancel.unwrap_or_default()
    )
}
