//! Somebody wants a run stopped. Whoever asks only changes its row: the worker, if there is one, reads it.

use crate::error::StoreError;
use crate::threads::Threads;
use crate::threads::transition::Transition;
use crate::threads::update::Updated;
use longwire_core::ids::RunId;
use longwire_core::run::CancelReason;
use longwire_core::run::{RunRow, RunStatus};
use longwire_core::thread_key::ThreadKey;

/// How often the row may change its state under our hands.
const ROUNDS: usize = 4;

/// What became of a wish to stop a run. The row is as it stands now.
#[derive(Debug, Clone, PartialEq)]
pub enum CancelOutcome {
    /// It waited, and never begins.
    WhileQueued(RunRow),
    /// It runs, and its worker will stop it. Also when somebody asked before.
    Requested(RunRow),
    /// It had ended.
    Ended(RunRow),
    /// There is no such run.
    Missing,
}

impl Threads {
    /// Stops a run for this reason, at `now` in seconds since 1970. It is either cancelled or has ended, never
    /// both: a run's end and a wish to cancel it exclude each other by their conditions.
    pub async fn cancel(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        reason: CancelReason,
        now: u64,
    ) -> Result<CancelOutcome, StoreError> {
        for _ in 0..ROUNDS {
            let ask = Transition::RequestCancel { reason };
            let found = match self.change(key, run_id, ask).await? {
                Updated::Done(row) => return Ok(CancelOutcome::Requested(row)),
                Updated::Refused(None) => return Ok(CancelOutcome::Missing),
                Updated::Refused(Some(row)) => row,
            };
            if found.status.ended() {
                return Ok(CancelOutcome::Ended(found));
            }
            let end = Transition::CancelQueued { reason, at: now };
            match self.change(key, run_id, end).await? {
                Updated::Done(row) => return Ok(CancelOutcome::WhileQueued(row)),
                Updated::Refused(None) => return Ok(CancelOutcome::Missing),
                // Also this very write, when its answer was lost.
                Updated::Refused(Some(row)) if row.status == RunStatus::Cancelled => {
                    return Ok(CancelOutcome::WhileQueued(row));
                }
                // A worker has taken it in between.
                Updated::Refused(Some(_)) => {}
            }
        }
        Err(StoreError::ConditionFailed)
    }
}

impl Threads {
    /// Cancels a run that no worker has claimed. Returns the row that stands in the way when the run is claimed or
    /// has ended.
    pub async fn cancel_queued(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        reason: CancelReason,
        now: u64,
    ) -> Result<Option<RunRow>, StoreError> {
        let cancel = Transition::CancelQueued { reason, at: now };
        Ok(match self.change(key, run_id, cancel).await? {
            Updated::Done(_) => None,
            Updated::Refused(row) => row,
        })
    }
}
