//! Cancelling a run. A cancellation changes only the run's row; the worker of a running run polls the row.

use longwire_core::ids::RunId;
use longwire_core::run::{CancelReason, RunRow, RunStatus};
use longwire_core::thread_key::ThreadKey;

use crate::error::StoreError;
use crate::threads::Threads;
use crate::threads::transition::Transition;
use crate::update::{MAX_ROUNDS, Updated};

/// Outcome of a cancellation. A row is as it stands after it.
#[derive(Debug, Clone, PartialEq)]
pub enum CancelOutcome {
    /// Cancelled while queued.
    WhileQueued(RunRow),
    /// The run is running, and its worker is to stop it. The request may be an earlier one.
    Requested(RunRow),
    /// The run had ended.
    Ended(RunRow),
    /// No such run.
    Missing,
}

impl Threads {
    /// Cancels a run for this reason, at `now` in seconds since 1970. A cancel request and an end that is no
    /// cancellation exclude each other by their conditions. Fails with [`StoreError::ConditionFailed`] when the
    /// state of the run changes four times meanwhile.
    pub async fn cancel(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        reason: CancelReason,
        now: u64,
    ) -> Result<CancelOutcome, StoreError> {
        for _ in 0..MAX_ROUNDS {
            let request = Transition::RequestCancel { reason };
            match self.apply(key, run_id, request).await? {
                Updated::Done(row) => return Ok(CancelOutcome::Requested(row)),
                Updated::ConditionFailed(None) => return Ok(CancelOutcome::Missing),
                Updated::ConditionFailed(Some(row)) if row.status.ended() => {
                    return Ok(CancelOutcome::Ended(row));
                }
                Updated::ConditionFailed(Some(_)) => {}
            }
            match self.end_queued(key, run_id, reason, now).await? {
                Updated::Done(row) => return Ok(CancelOutcome::WhileQueued(row)),
                Updated::ConditionFailed(None) => return Ok(CancelOutcome::Missing),
                // A worker claimed it since the first write.
                Updated::ConditionFailed(Some(_)) => {}
            }
        }
        Err(StoreError::ConditionFailed)
    }

    /// Cancels a run that no worker has claimed, at `now` in seconds since 1970. Returns the row when the run is
    /// claimed or has ended otherwise, and `None` when it is cancelled or missing.
    pub async fn cancel_queued(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        reason: CancelReason,
        now: u64,
    ) -> Result<Option<RunRow>, StoreError> {
        Ok(match self.end_queued(key, run_id, reason, now).await? {
            Updated::Done(_) => None,
            Updated::ConditionFailed(row) => row,
        })
    }

    async fn end_queued(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        reason: CancelReason,
        now: u64,
    ) -> Result<Updated<RunRow>, StoreError> {
        let cancel = Transition::CancelQueued { reason, at: now };
        Ok(match self.apply(key, run_id, cancel).await? {
            // Another cancellation was first, or the response to an earlier request was lost.
            Updated::ConditionFailed(Some(row)) if row.status == RunStatus::Cancelled => {
                Updated::Done(row)
            }
            updated => updated,
        })
    }
}
