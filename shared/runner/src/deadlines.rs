//! Deadlines of a run: in this invocation, and over all its workers.

use std::time::Duration;

use longwire_core::run::{CancelReason, RunRow};
use tokio::time::Instant;

/// Time reserved for the hand-over; an eighth of the invocation when that is shorter.
const HAND_OVER_MARGIN: Duration = Duration::from_secs(30);

/// Time reserved for the response of the invocation.
const RESPONSE_MARGIN: Duration = Duration::from_secs(2);

/// Longer than any invocation lasts.
pub(crate) const BEYOND_INVOCATION: Duration = Duration::from_secs(3600);

/// Most hand-overs of one run. The time limit of a run bounds them already; this bounds a run whose clock is wrong.
const MAX_HANDOVERS: u32 = 100;

/// Deadlines of a run in one invocation.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    hand_over_at: Instant,
    run_expires_at: Instant,
    invocation_ends_at: Instant,
    may_hand_over: bool,
    cut_step: Option<u32>,
}

/// Consequence of an expired deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expiry {
    /// Cuts off the step under way; the next worker repeats it.
    CutStep,
    /// Cancels the run.
    Cancel(CancelReason),
}

impl Deadlines {
    /// Deadlines of a run at `now` (seconds since 1970), when the invocation ends after `left` and a run may take
    /// `limit` over all its workers.
    pub fn new(row: &RunRow, now: u64, left: Duration, limit: Duration) -> Self {
        let started = Instant::now();
        let age = Duration::from_secs(now.saturating_sub(row.started_at));
        Self {
            hand_over_at: started + left.saturating_sub(HAND_OVER_MARGIN.min(left / 8)),
            run_expires_at: started + limit.saturating_sub(age),
            invocation_ends_at: started + left,
            may_hand_over: row.handovers < MAX_HANDOVERS,
            cut_step: row.cut_step,
        }
    }

    /// Time by which the agent loop must hand over the run; the end of the run when it may not be handed over.
    pub(crate) fn loop_until(&self) -> Instant {
        if self.may_hand_over {
            self.hand_over_at
        } else {
            self.run_expires_at
        }
    }

    /// First deadline.
    pub(crate) fn first(&self) -> Instant {
        self.hand_over_at.min(self.run_expires_at)
    }

    /// Decides what the first deadline requires at `now`, during `step`. A step is cut off once: when it is too long
    /// a second time, the run is cancelled.
    pub(crate) fn expire(&self, step: u32, now: Instant) -> Expiry {
        let may_cut =
            self.may_hand_over && now < self.run_expires_at && self.cut_step != Some(step);
        if may_cut {
            Expiry::CutStep
        } else {
            Expiry::Cancel(CancelReason::Timeout)
        }
    }

    /// Limits `timeout` to what is left of the invocation.
    pub(crate) fn within_invocation(&self, timeout: Duration) -> Duration {
        let left = self
            .invocation_ends_at
            .saturating_duration_since(Instant::now());
        timeout.min(left.saturating_sub(RESPONSE_MARGIN))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::attempt::tests::row;

    const HOUR: Duration = Duration::from_secs(3600);
    const NOW: u64 = 1000;

    fn deadlines(changed: &Value, left: u64, limit: Duration) -> Deadlines {
        Deadlines::new(&row(changed), NOW, Duration::from_secs(left), limit)
    }

    fn seconds(until: Instant) -> u64 {
        (until - Instant::now()).as_secs_f64().round() as u64
    }

    #[tokio::test(start_paused = true)]
    async fn time_is_reserved_for_the_hand_over() {
        assert_eq!(seconds(deadlines(&json!({}), 900, HOUR).hand_over_at), 870);
        assert_eq!(seconds(deadlines(&json!({}), 40, HOUR).hand_over_at), 35);
        let timeout = Duration::from_secs(35);
        let long = deadlines(&json!({}), 900, HOUR);
        assert_eq!(long.within_invocation(timeout), timeout);
        let left = deadlines(&json!({}), 10, HOUR).within_invocation(timeout);
        assert_eq!(left, Duration::from_secs(8));
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_is_cut_off_once() {
        let now = Instant::now();
        let first = deadlines(&json!({}), 900, HOUR);
        assert_eq!(first.expire(3, now), Expiry::CutStep);
        let second = deadlines(&json!({ "cut": 3 }), 900, HOUR);
        let timeout = Expiry::Cancel(CancelReason::Timeout);
        assert_eq!(second.expire(3, now), timeout, "it was repeated already");
        assert_eq!(second.expire(4, now), Expiry::CutStep, "another step");
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_ends_by_its_time_limit_and_by_its_hand_overs() {
        let now = Instant::now();
        let timeout = Expiry::Cancel(CancelReason::Timeout);
        let often = deadlines(&json!({ "handovers": MAX_HANDOVERS }), 900, HOUR);
        assert_eq!(often.expire(3, now), timeout);
        assert_eq!(often.loop_until(), often.run_expires_at);
        let old = deadlines(&json!({ "startedAt": 0 }), 900, Duration::from_secs(NOW));
        assert_eq!(old.expire(3, now), timeout);
        assert_eq!(seconds(old.first()), 0);
    }
}
