//! Counters over all cases. They show that the cases reach the states that are to be tested.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};
use std::ops::AddAssign;

use longwire_core::run::{RunRow, RunStatus};

use crate::observations::Observations;
use crate::snapshot::Snapshot;

/// Counters of one or more cases.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counters {
    faults: u64,
    finished: u64,
    failed: u64,
    cancelled: u64,
    handed_over: u64,
    reclaimed: u64,
    resumed: u64,
    texts: u64,
    waits: u64,
    approvals: u64,
    cases_with_waits: u64,
    answers: u64,
    parts: u64,
    duplicates: u64,
    refused: u64,
    followed: u64,
    made: u64,
}

impl Counters {
    /// Counters of one case, from its observations and the state at its end.
    pub(crate) fn of(observations: &Observations, end: &Snapshot) -> Self {
        let rows = || end.rows.values();
        let count = |status| rows().filter(|row| row.status == status).count() as u64;
        let waits = || rows().filter_map(|row| row.pending.as_ref());
        let answered: BTreeSet<_> = observations.answers.keys().map(|(call, _)| call).collect();
        let sum = |field: fn(&RunRow) -> u32| rows().map(|row| u64::from(field(row))).sum();
        Self {
            faults: observations.faults,
            finished: count(RunStatus::Finished),
            failed: count(RunStatus::Failed),
            cancelled: count(RunStatus::Cancelled),
            handed_over: sum(|row| row.handovers),
            reclaimed: sum(|row| row.crashes),
            resumed: observations.resumes,
            texts: sum(|row| row.steered),
            waits: waits().count() as u64,
            approvals: waits().filter(|wait| wait.approvals.is_some()).count() as u64,
            cases_with_waits: waits().next().is_some().into(),
            answers: answered.len() as u64,
            parts: observations.answers.len() as u64,
            duplicates: observations.duplicates,
            refused: observations.refused,
            followed: observations.follows.len() as u64,
            made: observations.made.len() as u64,
        }
    }
}

impl AddAssign for Counters {
    fn add_assign(&mut self, other: Self) {
        self.faults += other.faults;
        self.finished += other.finished;
        self.failed += other.failed;
        self.cancelled += other.cancelled;
        self.handed_over += other.handed_over;
        self.reclaimed += other.reclaimed;
        self.resumed += other.resumed;
        self.texts += other.texts;
        self.waits += other.waits;
        self.approvals += other.approvals;
        self.cases_with_waits += other.cases_with_waits;
        self.answers += other.answers;
        self.parts += other.parts;
        self.duplicates += other.duplicates;
        self.refused += other.refused;
        self.followed += other.followed;
        self.made += other.made;
    }
}

impl Display for Counters {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            faults,
            finished,
            failed,
            cancelled,
            handed_over,
            reclaimed,
            resumed,
            texts,
            waits,
            approvals,
            cases_with_waits,
            answers,
            parts,
            duplicates,
            refused,
            followed,
            made,
        } = self;
        write!(
            f,
            "{faults} faults; runs: {finished} finished, {failed} failed, {cancelled} cancelled; {handed_over} hand-overs, \
             {reclaimed} reclaims, {resumed} resumes, {texts} texts taken in; {waits} waits in {cases_with_waits} cases, \
             {approvals} of them for approvals, {answers} answers in {parts} parts, {duplicates} duplicates, {refused} refused answers, \
             {followed} runs that follow, {made} approved calls made"
        )
    }
}
