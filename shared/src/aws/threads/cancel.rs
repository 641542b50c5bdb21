//! Somebody wants a run stopped. Whoever asks only changes its row: the worker, if there is one, reads it.

use super::Threads;
use super::keys::ThreadKey;
use super::transition::Transition;
use super::update::Updated;
use crate::aws::fault::Fault;
use crate::ids::RunId;
use crate::run::{RunRow, Status};
use crate::wire::line::Reason;

/// How often the row may change its state under our hands.
const ROUNDS: usize = 4;

/// What became of a wish to stop a run. The row is as it stands now.
#[derive(Debug, Clone, PartialEq)]
pub enum Cancelled {
    /// It waited, and never begins.
    Never(RunRow),
    /// It runs, and its worker will stop it. Also when somebody asked before.
    Asked(RunRow),
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
        reason: Reason,
        now: u64,
    ) -> Result<Cancelled, Fault> {
        for _ in 0..ROUNDS {
            let ask = Transition::AskCancel { reason };
            let found = match self.change(key, run_id, ask).await? {
                Updated::Done(row) => return Ok(Cancelled::Asked(row)),
                Updated::Refused(None) => return Ok(Cancelled::Missing),
                Updated::Refused(Some(row)) => row,
            };
            if found.status.ended() {
                return Ok(Cancelled::Ended(found));
            }
            let end = Transition::Cancel { reason, at: now };
            match self.change(key, run_id, end).await? {
                Updated::Done(row) => return Ok(Cancelled::Never(row)),
                Updated::Refused(None) => return Ok(Cancelled::Missing),
                // Also this very write, when its answer was lost.
                Updated::Refused(Some(row)) if row.status == Status::Cancelled => {
                    return Ok(Cancelled::Never(row));
                }
                // A worker has taken it in between.
                Updated::Refused(Some(_)) => {}
            }
        }
        Err(Fault::Refused)
    }
}
