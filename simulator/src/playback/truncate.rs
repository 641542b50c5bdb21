//! Truncation of a response at its fault.

use std::time::Duration;

use crate::response::action::{Action, TimedAction};

/// Keeps the actions before the delta with number `deltas`, counted from 0, and appends the action of the
/// fault. The end of the message is always removed.
pub(crate) fn at_fault(
    actions: Vec<TimedAction>,
    deltas: usize,
    fault: Option<Action>,
) -> Vec<TimedAction> {
    let mut remaining = deltas;
    let kept = actions.into_iter().take_while(|timed| {
        if timed.action.is_delta() {
            let keep = remaining > 0;
            remaining = remaining.saturating_sub(1);
            return keep;
        }
        !timed.action.ends_message()
    });
    let mut actions: Vec<TimedAction> = kept.collect();
    let at = actions.last().map_or(Duration::ZERO, |timed| timed.at);
    actions.extend(fault.map(|action| TimedAction { at, action }));
    actions
}
