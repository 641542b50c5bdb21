//! Cues with a fault in them.

use std::time::Duration;

use super::cue::{Act, Cue, Event};

/// Keeps what comes before the fault and ends with it.
pub(crate) fn after(cues: Vec<Cue>, deltas: usize, act: Option<Act>) -> Vec<Cue> {
    let mut left = deltas;
    let kept = cues.into_iter().take_while(|cue| match &cue.act {
        Act::Send(Event::Delta { .. }) => {
            let keep = left > 0;
            left = left.saturating_sub(1);
            keep
        }
        Act::Send(Event::MessageStop { .. } | Event::Metadata(_)) => false,
        _ => true,
    });
    let mut cues: Vec<Cue> = kept.collect();
    let at = cues.last().map_or(Duration::ZERO, |cue| cue.at);
    cues.extend(act.map(|act| Cue { at, act }));
    cues
}
