//! How long a run may go on: in this worker, and altogether.

use std::time::{Duration, SystemTime};

use longwire_core::run::RunRow;
use tokio::time::Instant;

use longwire_core::clock;

/// The most of an invocation's time that is kept back to let go of its run decently; an eighth, when that is
/// less.
const MARGIN: Duration = Duration::from_secs(30);

/// What is left of an invocation when it must be over.
const LAST_SECONDS: Duration = Duration::from_secs(2);

/// How often a run is handed over. Its length bounds it already; this bounds a run whose clock is wrong.
const MAX_HANDOVERS: u32 = 100;

/// A run's time.
#[derive(Debug, Clone, Copy)]
pub struct Time {
    /// When this worker must let go of it.
    here: Instant,
    /// When it must stop for good.
    altogether: Instant,
    /// The invocation's own end.
    over: Instant,
    /// Another worker may have it after this one.
    more: bool,
    /// The step that was cut off before.
    cut: Option<u32>,
}

impl Time {
    /// The time of a run in an invocation that ends at `deadline`, when a run may take `limit` altogether.
    pub fn new(row: &RunRow, deadline: SystemTime, limit: Duration) -> Self {
        let now = Instant::now();
        let left = deadline
            .duration_since(SystemTime::now())
            .unwrap_or_default();
        let age = Duration::from_secs(clock::unix_seconds().saturating_sub(row.started_at));
        let rest = limit.saturating_sub(age);
        Self {
            here: now + left.saturating_sub(MARGIN.min(left / 8)),
            altogether: now + rest,
            over: now + left,
            more: row.handovers < MAX_HANDOVERS,
            cut: row.cut_step,
        }
    }

    /// When the loop must hand the run over: never, when no other worker may have it.
    pub fn until(&self) -> Instant {
        if self.more {
            self.here
        } else {
            self.altogether
        }
    }

    /// When something must be done: the run stopped, or its step cut off.
    pub fn next(&self) -> Instant {
        self.here.min(self.altogether)
    }

    /// Whether the step that is under way at `now` may be cut off, to be made once more by the next worker.
    pub fn may_cut(&self, step: u32, now: Instant) -> bool {
        self.more && now < self.altogether && self.cut != Some(step)
    }

    /// How much of `patience` there is before the invocation ends.
    pub fn at_most(&self, patience: Duration) -> Duration {
        let left = self.over.saturating_duration_since(Instant::now());
        patience.min(left.saturating_sub(LAST_SECONDS))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn time(changed: &serde_json::Value, left: u64, limit: Duration) -> Time {
        let mut row = json!({
            "v": 2, "status": "running", "epoch": 2, "onGone": "cancel", "messageId": "u_1",
            "startedAt": clock::unix_seconds(), "ttl": 0
        });
        let fields = changed.as_object().expect("fields").clone();
        row.as_object_mut().expect("a row").extend(fields);
        let row: RunRow = from_value(row).expect("a row");
        Time::new(&row, SystemTime::now() + Duration::from_secs(left), limit)
    }

    fn seconds(until: Instant) -> u64 {
        (until - Instant::now()).as_secs_f64().round() as u64
    }

    #[tokio::test(start_paused = true)]
    async fn some_of_an_invocation_is_kept_back() {
        assert_eq!(seconds(time(&json!({}), 900, HOUR).here), 870);
        assert_eq!(seconds(time(&json!({}), 40, HOUR).here), 35);
        let patience = Duration::from_secs(35);
        assert_eq!(time(&json!({}), 900, HOUR).at_most(patience), patience);
        let left = time(&json!({}), 10, HOUR).at_most(patience);
        assert_eq!(left.as_secs_f64().round() as u64, 8);
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_is_cut_once_and_no_run_goes_on_for_ever() {
        let now = Instant::now();
        assert!(time(&json!({}), 900, HOUR).may_cut(3, now));
        let again = time(&json!({ "cut": 3 }), 900, HOUR);
        assert!(!again.may_cut(3, now), "it was made again, and is too long");
        assert!(again.may_cut(4, now), "another step may be cut, too");
        let often = json!({ "handovers": MAX_HANDOVERS });
        assert!(!time(&often, 900, HOUR).may_cut(3, now));
        let old = json!({ "startedAt": clock::unix_seconds() - 3600 });
        let old = time(&old, 900, HOUR);
        assert!(!old.may_cut(3, now));
        assert_eq!(seconds(old.next()), 0);
    }
}
