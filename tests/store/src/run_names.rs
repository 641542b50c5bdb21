//! Ids of the runs of a case.

use longwire_core::ids::RunId;
use longwire_store::threads::keys::open_part;

/// Number of the run whose prompt ends every case.
pub(crate) const FINAL_RUN: usize = 9;

/// Id of a run, whose number is at most [`FINAL_RUN`]. The bytes of all ids have the same sum, so that one partition
/// of the index of open runs lists all runs.
pub(crate) fn run_name(number: usize) -> RunId {
    RunId::trusted(format!("r{number}{}", FINAL_RUN - number))
}

/// Id of the run that follows a run whose calls have their results, in the same partition of that index.
pub(crate) fn following(run: &RunId) -> RunId {
    let mut ids = ('a'..='p').map(|letter| RunId::trusted(format!("{run}.{letter}")));
    let found = ids.find(|id| open_part(id) == open_part(run));
    found.expect("sixteen letters are in sixteen partitions")
}

/// Number of runs that precede a run with their calls.
pub(crate) fn rounds(run: &RunId) -> usize {
    run.as_str().matches('.').count()
}
