//! Ids of the runs of a case.

use longwire_core::ids::RunId;

/// Number of the run whose prompt ends every case.
pub(crate) const FINAL_RUN: usize = 9;

/// Id of a run, whose number is at most [`FINAL_RUN`]. The bytes of all ids have the same sum, so that one partition
/// of the index of open runs lists all runs.
pub(crate) fn run_name(number: usize) -> RunId {
    RunId::trusted(format!("r{number}{}", FINAL_RUN - number))
}
