//! Lifetime of threads in a deployment.

use std::time::Duration;

/// Time that a thread with a run in its queue outlives the longest run, so that DynamoDB never deletes a thread in use.
const BUSY_MARGIN: Duration = Duration::from_secs(24 * 3600);

/// Lifetime of threads in a deployment. A thread's own item carries the only expiry; its messages have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreadLife {
    /// Time for which a thread is kept after its last use; `None` keeps it for ever.
    pub ttl: Option<Duration>,
    /// Time limit of a run, over all its workers.
    pub run_limit: Duration,
}

impl ThreadLife {
    /// Expiry of a thread whose last run ends at `now`; both in seconds since 1970.
    pub(super) fn idle(self, now: u64) -> Option<u64> {
        self.ttl.map(|ttl| now + ttl.as_secs())
    }

    /// Expiry of a thread with an unfinished run at `now`; both in seconds since 1970.
    pub(super) fn busy(self, now: u64) -> Option<u64> {
        let busy = self.run_limit + BUSY_MARGIN;
        self.ttl.map(|ttl| now + ttl.max(busy).as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_thread_outlives_its_longest_run() {
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        let life = |ttl| ThreadLife {
            ttl,
            run_limit: hours(2),
        };
        let day = life(Some(hours(24)));
        assert_eq!(day.idle(1000), Some(1000 + 24 * 3600));
        assert_eq!(day.busy(1000), Some(1000 + 26 * 3600));
        assert_eq!(life(Some(hours(48))).busy(0), Some(48 * 3600));
        assert_eq!((life(None).idle(1000), life(None).busy(1000)), (None, None));
    }
}
