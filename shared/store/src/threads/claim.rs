//! How a worker comes to own a run.

use crate::error::StoreError;
use crate::threads::Threads;
use crate::threads::transition::{Claimant, Transition};
use crate::threads::update::Updated;
use longwire_core::ids::RunId;
use longwire_core::run::{RunRow, RunStatus};
use longwire_core::thread_key::ThreadKey;

/// What a worker finds when it reaches for a run.
#[derive(Debug, Clone, PartialEq)]
pub enum ClaimOutcome {
    /// The run is this worker's, under the row's epoch. The row is as it stands now.
    Claimed(RunRow, Claim),
    /// Another worker holds its lease.
    Leased(RunRow),
    /// It has ended.
    Ended(RunRow),
    /// There is no such run: its start was taken back, or it is forgotten.
    Missing,
}

/// How a run came to its worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// No worker did anything of it before.
    Fresh,
    /// The worker before this one handed it over, and left every connection's place in the row.
    HandedOver,
    /// The worker before this one died. Nobody knows what its connections have taken.
    Reclaimed,
}

impl Threads {
    /// Takes a run that is queued, handed over, or whose owner died: raises its epoch and sets its lease.
    pub async fn claim(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        claimant: Claimant<'_>,
    ) -> Result<ClaimOutcome, StoreError> {
        let first = self
            .change(key, run_id, Transition::Claim(claimant))
            .await?;
        let found = match first {
            Updated::Done(row) => return Ok(ClaimOutcome::Claimed(row, Claim::Fresh)),
            Updated::Refused(None) => return Ok(ClaimOutcome::Missing),
            Updated::Refused(Some(row)) => row,
        };
        // The answer to an earlier try was lost: the run is this worker's already.
        if owned(&found, claimant) {
            return Ok(ClaimOutcome::Claimed(found, Claim::Fresh));
        }
        let (next, came) = match found.status {
            RunStatus::Finished | RunStatus::Failed | RunStatus::Cancelled => {
                return Ok(ClaimOutcome::Ended(found));
            }
            RunStatus::Running if found.handed_over() => {
                (Transition::AcceptHandOver(claimant), Claim::HandedOver)
            }
            RunStatus::Running if found.lease_until < claimant.now => {
                let dead = &found;
                (Transition::Reclaim { claimant, dead }, Claim::Reclaimed)
            }
            RunStatus::Queued | RunStatus::Running => return Ok(ClaimOutcome::Leased(found)),
        };
        Ok(match self.change(key, run_id, next).await? {
            Updated::Done(row) => ClaimOutcome::Claimed(row, came),
            Updated::Refused(Some(row)) if owned(&row, claimant) => {
                ClaimOutcome::Claimed(row, came)
            }
            Updated::Refused(Some(row)) if row.status.ended() => ClaimOutcome::Ended(row),
            Updated::Refused(Some(row)) => ClaimOutcome::Leased(row),
            Updated::Refused(None) => ClaimOutcome::Missing,
        })
    }
}

fn owned(row: &RunRow, claimant: Claimant<'_>) -> bool {
    row.status == RunStatus::Running && row.claimed_by.as_deref() == Some(claimant.id)
}
