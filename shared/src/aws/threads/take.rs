//! How a worker comes to own a run.

use super::Threads;
use super::keys::ThreadKey;
use super::transition::Transition;
use super::update::Updated;
use crate::aws::fault::Fault;
use crate::ids::RunId;
use crate::run::{RunRow, Status};

/// What a worker finds when it reaches for a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Take {
    /// The run is this worker's, under the row's epoch. The row is as it stands now.
    Taken(RunRow, Came),
    /// Another worker holds its lease.
    Leased(RunRow),
    /// It has ended.
    Ended(RunRow),
    /// There is no such run: its start was taken back, or it is forgotten.
    Missing,
}

/// How a run came to its worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// No worker did anything of it before.
    New,
    /// The worker before this one handed it over, and left every connection's place in the row.
    HandedOver,
    /// The worker before this one died. Nobody knows what its connections have taken.
    TakenOver,
}

/// A worker that wants a run. Times are seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct Taker<'a> {
    /// The invocation's id.
    pub id: &'a str,
    /// Now.
    pub now: u64,
    /// Until when its word shall hold.
    pub until: u64,
}

impl Threads {
    /// Takes a run that is queued, handed over, or whose owner died: raises its epoch and sets its lease.
    pub async fn take(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        taker: Taker<'_>,
    ) -> Result<Take, Fault> {
        let first = self.change(key, run_id, Transition::Take(taker)).await?;
        let found = match first {
            Updated::Done(row) => return Ok(Take::Taken(row, Came::New)),
            Updated::Refused(None) => return Ok(Take::Missing),
            Updated::Refused(Some(row)) => row,
        };
        // The answer to an earlier try was lost: the run is this worker's already.
        if owned(&found, taker) {
            return Ok(Take::Taken(found, Came::New));
        }
        let (next, came) = match found.status {
            Status::Finished | Status::Failed | Status::Cancelled => return Ok(Take::Ended(found)),
            Status::Running if found.free() => (Transition::TakeOn(taker), Came::HandedOver),
            Status::Running if found.lease_until < taker.now => {
                let dead = &found;
                (Transition::TakeOver { taker, dead }, Came::TakenOver)
            }
            Status::Queued | Status::Running => return Ok(Take::Leased(found)),
        };
        Ok(match self.change(key, run_id, next).await? {
            Updated::Done(row) => Take::Taken(row, came),
            Updated::Refused(Some(row)) if owned(&row, taker) => Take::Taken(row, came),
            Updated::Refused(Some(row)) if row.status.ended() => Take::Ended(row),
            Updated::Refused(Some(row)) => Take::Leased(row),
            Updated::Refused(None) => Take::Missing,
        })
    }
}

fn owned(row: &RunRow, taker: Taker<'_>) -> bool {
    row.status == Status::Running && row.taken_by.as_deref() == Some(taker.id)
}
