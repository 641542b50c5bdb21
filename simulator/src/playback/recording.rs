//! Recorded deltas of a step.

use std::time::Duration;

use crate::{response::event::Delta, scenario::definition::Step};

/// Returns the deltas of a step's trace with their times since the request.
pub(crate) fn deltas(step: &Step) -> Vec<(Duration, Delta)> {
    step.trace
        .iter()
        .map(|recorded| {
            (
                Duration::from_secs_f64(recorded.at_ms / 1_000.0),
                Delta::Text(recorded.text.clone()),
            )
        })
        .collect()
}
