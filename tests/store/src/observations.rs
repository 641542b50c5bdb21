//! Observations of a case: writes, results that were reported to clients, faults, and violated invariants.

use std::collections::{BTreeMap, BTreeSet};

use longwire_core::ids::{CallId, ConnectionId, MessageId, RunId};
use longwire_core::options::IfBusy;
use longwire_core::run::RunStatus;
use longwire_scheduler::error::ScheduleError;
use longwire_scheduler::start::Started;
use longwire_store::error::StoreError;
use longwire_store::threads::cancel::CancelOutcome;
use longwire_store::threads::resume::ResumeOutcome;
use longwire_store::threads::steer::SteerOutcome;

use crate::fault::FaultKind;
use crate::snapshot::Snapshot;
use crate::waits::{Acknowledged, Asked};

/// Observations of a case.
#[derive(Debug, Default)]
pub(crate) struct Observations {
    /// Violated invariants.
    pub violations: Vec<String>,
    /// Lines of the trace, which is printed when the case fails.
    pub trace: Vec<String>,
    /// A request, a response or a process was lost.
    pub anything_lost: bool,
    /// Former generations of the thread.
    pub former_generations: BTreeSet<u64>,
    /// Erased generations, of which nothing may be written any more.
    pub erased_generations: BTreeSet<u64>,
    /// Number of faults that operations met.
    pub faults: u64,
    /// Texts that a client was told are accepted, with the runs that they were sent to.
    pub texts: BTreeMap<MessageId, RunId>,
    /// Number of `resume` requests that subscribed a connection.
    pub resumes: u64,
    /// Runs that were acknowledged to a client.
    pub acknowledged: BTreeSet<RunId>,
    /// Runs that were acknowledged to a client only when it repeated their start. The sweep may cancel one meanwhile, because the
    /// first start left it in no run queue.
    pub acknowledged_late: BTreeSet<RunId>,
    /// Runs of a deleted or expired thread whose rows were removed.
    pub erased: BTreeSet<RunId>,
    /// Runs whose input was written after their row was ended or erased. It expires if its start crashed.
    pub late_inputs: BTreeSet<RunId>,
    /// Runs whose row changed when a worker wrote after its claim.
    pub executed: BTreeSet<RunId>,
    /// Runs whose cancellation was acknowledged to a client; `true` when one was told that the run was still queued.
    pub cancelled: BTreeMap<RunId, bool>,
    /// Status of runs whose end was reported to a client or committed by a worker.
    pub ended: BTreeMap<RunId, RunStatus>,
    /// Number of starts of each run.
    pub starts: BTreeMap<RunId, usize>,
    /// Owner of each run in each epoch.
    pub owners: BTreeMap<(RunId, u32), String>,
    /// Calls that a thread waited for.
    pub asked: BTreeMap<CallId, Asked>,
    /// Parts of answers to calls, by number, that were acknowledged first.
    pub answers: BTreeMap<(CallId, usize), Acknowledged>,
    /// Number of answers that were acknowledged as duplicates.
    pub duplicates: u64,
    /// Number of answers that were refused.
    pub refused: u64,
    /// Runs that follow the answers to calls.
    pub follows: BTreeSet<RunId>,
    /// Approved calls that were made, with the runs that made them.
    pub made: BTreeMap<CallId, RunId>,
    /// State of the thread after the last write.
    pub snapshot: Snapshot,
}

impl Observations {
    /// Adds a line to the trace.
    pub(crate) fn trace_line(&mut self, line: String) {
        self.trace.push(line);
    }

    /// Adds the result of an operation to the trace.
    pub(crate) fn result(&mut self, operation: &str, result: &str) {
        self.trace_line(format!("  {operation} → {result}"));
    }

    /// Records a violated invariant.
    pub(crate) fn violation(&mut self, violation: String) {
        self.trace_line(format!("  !!! {violation}"));
        self.violations.push(violation);
    }

    /// Records a fault that an operation meets.
    pub(crate) fn fault(&mut self, kind: FaultKind) {
        self.anything_lost |= kind.is_loss();
        self.faults += 1;
        self.trace_line(format!("  {kind:?}"));
    }

    /// Former generation that this choice selects; `None` when there is none.
    pub(crate) fn former_generation(&self, choice: usize) -> Option<u64> {
        let position = choice.checked_rem(self.former_generations.len())?;
        self.former_generations.iter().nth(position).copied()
    }

    /// Records that a client sends a start.
    pub(crate) fn start_sent(&mut self, run: &RunId) {
        *self.starts.entry(run.clone()).or_default() += 1;
    }

    /// Checks the outcome of a start.
    pub(crate) fn start_answered(
        &mut self,
        run: &RunId,
        if_busy: IfBusy,
        started: &Result<Started, ScheduleError>,
    ) {
        self.result("client", &format!("{started:?}"));
        match started {
            Ok(Started::Duplicate { status, .. }) if status.ended() => {
                self.end_reported(run, *status);
            }
            Ok(Started::Accepted { .. } | Started::Duplicate { .. }) => {
                let repeated = matches!(started, Ok(Started::Duplicate { .. }));
                if repeated && !self.acknowledged.contains(run) {
                    self.acknowledged_late.insert(run.clone());
                }
                self.acknowledged.insert(run.clone());
                self.check_acknowledged(run, if_busy);
            }
            Ok(Started::Busy | Started::Waits | Started::MessageIdTaken | Started::Deleted) => {
                self.check_rejected(run);
            }
            Err(_) => {}
        }
    }

    /// Records the outcome of a cancellation.
    pub(crate) fn cancel_answered(
        &mut self,
        run: &RunId,
        cancelled: Result<CancelOutcome, StoreError>,
    ) {
        let (result, ended) = match cancelled {
            Ok(CancelOutcome::WhileQueued(_)) => {
                self.cancelled.insert(run.clone(), true);
                ("cancelled while queued", None)
            }
            Ok(CancelOutcome::Requested(_)) => {
                self.cancelled.entry(run.clone()).or_default();
                ("cancellation requested", None)
            }
            Ok(CancelOutcome::Ended(row)) => ("ended before", Some(row.status)),
            Ok(CancelOutcome::Missing) => ("no such run", None),
            Err(_) => ("unknown, because the store failed", None),
        };
        self.result("client", result);
        if let Some(status) = ended {
            self.end_reported(run, status);
        }
    }

    /// Records the outcome of sending a text to a run.
    pub(crate) fn steer_answered(
        &mut self,
        run: &RunId,
        text: &MessageId,
        steered: &Result<SteerOutcome, StoreError>,
    ) {
        self.result("client", &format!("{steered:?}"));
        match steered {
            Ok(SteerOutcome::Accepted(..) | SteerOutcome::Duplicate) => {
                self.texts.insert(text.clone(), run.clone());
            }
            Ok(SteerOutcome::MessageIdTaken) => {
                self.violation(format!("{text} was taken for another message"));
            }
            Ok(SteerOutcome::Full | SteerOutcome::Ended | SteerOutcome::Missing) | Err(_) => {}
        }
    }

    /// Checks the outcome of a `resume` request.
    pub(crate) fn resume_answered(
        &mut self,
        run: &RunId,
        connection: &ConnectionId,
        resumed: &Result<ResumeOutcome, StoreError>,
    ) {
        self.result("client", &format!("{resumed:?}"));
        match resumed {
            Ok(ResumeOutcome::Subscribed(row, _, _)) => {
                self.resumes += 1;
                if !row.subscribers.contains_key(connection) {
                    self.violation(format!("{connection} resumed {run} but is not in its row"));
                }
            }
            Ok(ResumeOutcome::Ended(row, _)) => self.end_reported(run, row.status),
            Ok(ResumeOutcome::Missing) | Err(_) => {}
        }
    }

    /// Records the reported end of a run. All reports of one run have the same status.
    pub(crate) fn end_reported(&mut self, run: &RunId, status: RunStatus) {
        let before = *self.ended.entry(run.clone()).or_insert(status);
        if before != status {
            self.violation(format!(
                "{run} was reported as {before:?} and then as {status:?}"
            ));
        }
    }
}
