//! Claiming a run for a worker.

use longwire_core::ids::RunId;
use longwire_core::run::{RunRow, RunStatus};
use longwire_core::thread_key::ThreadKey;

use crate::error::StoreError;
use crate::threads::Threads;
use crate::threads::transition::{Claimant, Transition};
use crate::update::Updated;

/// Outcome of an attempt to claim a run. A row is as it stands after the attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum ClaimOutcome {
    /// The worker owns the run, under the epoch of the row.
    Claimed(RunRow, Claim),
    /// Another worker holds a valid lease.
    Leased(RunRow),
    /// The run has ended.
    Ended(RunRow),
    /// No such run: its start was taken back, or its row has expired.
    Missing,
}

/// State in which a worker claimed a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Queued: no worker did anything before.
    Fresh,
    /// Handed over by the previous worker, with a cursor per subscriber in the row.
    HandedOver,
    /// Reclaimed after the previous worker crashed. The row does not tell which events its subscribers received.
    Reclaimed,
}

impl Threads {
    /// Claims a run that is queued, handed over, or whose lease has expired at `claimant.now`. A claim raises the
    /// epoch and sets the lease.
    pub async fn claim(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        claimant: Claimant<'_>,
    ) -> Result<ClaimOutcome, StoreError> {
        let fresh = Transition::Claim(claimant);
        let row = match self.apply(key, run_id, fresh).await? {
            Updated::Done(row) => return Ok(ClaimOutcome::Claimed(row, Claim::Fresh)),
            Updated::ConditionFailed(None) => return Ok(ClaimOutcome::Missing),
            Updated::ConditionFailed(Some(row)) => row,
        };
        // The response to an earlier request of this claim was lost.
        if owned(&row, claimant) {
            return Ok(ClaimOutcome::Claimed(row, Claim::Fresh));
        }
        let (transition, claim) = match row.status {
            RunStatus::Queued => (Transition::ClaimLate(claimant), Claim::Fresh),
            RunStatus::Finished | RunStatus::Failed | RunStatus::Cancelled => {
                return Ok(ClaimOutcome::Ended(row));
            }
            RunStatus::Running if row.handed_over() => {
                (Transition::AcceptHandOver(claimant), Claim::HandedOver)
            }
            RunStatus::Running if row.lease_until < claimant.now => {
                let crashed = &row;
                let reclaim = Transition::Reclaim { claimant, crashed };
                (reclaim, Claim::Reclaimed)
            }
            RunStatus::Running => return Ok(ClaimOutcome::Leased(row)),
        };
        Ok(match self.apply(key, run_id, transition).await? {
            Updated::Done(row) => ClaimOutcome::Claimed(row, claim),
            Updated::ConditionFailed(Some(row)) if owned(&row, claimant) => {
                ClaimOutcome::Claimed(row, claim)
            }
            Updated::ConditionFailed(Some(row)) if row.status.ended() => ClaimOutcome::Ended(row),
            Updated::ConditionFailed(Some(row)) => ClaimOutcome::Leased(row),
            Updated::ConditionFailed(None) => ClaimOutcome::Missing,
        })
    }
}

fn owned(row: &RunRow, claimant: Claimant<'_>) -> bool {
    row.status == RunStatus::Running && row.claimed_by.as_deref() == Some(claimant.id)
}
