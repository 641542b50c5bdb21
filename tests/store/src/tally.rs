//! How much happened in all sequences, so that one sees that something did.

use std::fmt::{self, Display, Formatter};
use std::ops::AddAssign;

use longwire_core::run::{RunRow, RunStatus};

use crate::ledger::Ledger;
use crate::snapshot::Snapshot;

/// Counts.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    troubles: u64,
    finished: u64,
    failed: u64,
    cancelled: u64,
    handed_over: u64,
    taken_over: u64,
    resumed: u64,
}

impl Tally {
    /// Of one sequence.
    pub(crate) fn of(ledger: &Ledger, end: &Snapshot) -> Self {
        let rows = || end.rows.values();
        let are = |status| rows().filter(|row| row.status == status).count() as u64;
        let sum = |count: fn(&RunRow) -> u32| rows().map(|row| u64::from(count(row))).sum();
        Self {
            troubles: ledger.troubles,
            finished: are(RunStatus::Finished),
            failed: are(RunStatus::Failed),
            cancelled: are(RunStatus::Cancelled),
            handed_over: sum(|row| row.handovers),
            taken_over: sum(|row| row.crashes),
            resumed: ledger.resumes,
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.troubles += other.troubles;
        self.finished += other.finished;
        self.failed += other.failed;
        self.cancelled += other.cancelled;
        self.handed_over += other.handed_over;
        self.taken_over += other.taken_over;
        self.resumed += other.resumed;
    }
}

impl Display for Tally {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            troubles,
            finished,
            failed,
            cancelled,
            handed_over,
            taken_over,
            resumed,
        } = self;
        write!(
            f,
            "{troubles} troubles; runs: {finished} finished, {failed} failed, {cancelled} cancelled, \
             {handed_over} times handed over, {taken_over} times reclaimed, {resumed} times resumed"
        )
    }
}
