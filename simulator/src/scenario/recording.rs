//! A recorded rhythm: one text block whose deltas arrive when they once did.

use std::time::Duration;

use super::definition::Step;
use crate::play::cue::Delta;

/// The deltas of a step's trace with their times.
pub(crate) fn deltas(step: &Step) -> Vec<(Duration, Delta)> {
    let timed = step.trace.iter();
    timed
        .map(|arrival| {
            (
                Duration::from_secs_f64(arrival.at_ms / 1_000.0),
                Delta::Text(arrival.text.clone()),
            )
        })
        .collect()
}
