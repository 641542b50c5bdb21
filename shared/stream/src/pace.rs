//! How fast deltas come and how long posts take: what decides whether a delta waits for others.

use std::time::Duration;

use tokio::time::Instant;

/// Up to this many deltas per round trip nothing waits. A little above one half, because round trips of 10 ms
/// at 50 deltas a second lie exactly there and measuring is not exact.
const CALM: f64 = 0.6;

/// How fast the past is forgotten when counting deltas, in seconds: long enough to see through the
/// irregularity of a network, short enough that after a second of silence the next delta leaves at once.
const MEMORY: f64 = 0.5;

/// The weight of the newest round trip in their mean.
const NEWEST: f64 = 0.3;

/// The arrival rate of deltas, as a count that fades.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rate {
    count: f64,
    at: Option<Instant>,
}

impl Rate {
    /// A delta came.
    pub(super) fn count(&mut self, now: Instant) {
        self.count = self.faded(now) + 1.0;
        self.at = Some(now);
    }

    /// Deltas per second.
    pub(super) fn per_second(&self, now: Instant) -> f64 {
        self.faded(now) / MEMORY
    }

    fn faded(&self, now: Instant) -> f64 {
        let Some(at) = self.at else { return 0.0 };
        let age = now.saturating_duration_since(at).as_secs_f64();
        self.count * (-age / MEMORY).exp()
    }
}

/// The pace of one connection's posts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    window: Duration,
    /// The mean round trip, once one is known.
    trip: Option<Duration>,
}

impl Pace {
    /// Nothing is known yet; `window` is the longest a delta may have to wait.
    pub(super) fn new(window: Duration) -> Self {
        Self { window, trip: None }
    }

    /// A post landed after this long.
    pub(super) fn measure(&mut self, took: Duration) {
        self.trip = Some(match self.trip {
            None => took,
            Some(mean) => mean.mul_f64(1.0 - NEWEST) + took.mul_f64(NEWEST),
        });
    }

    /// How long a delta may wait for others: not at all while posts keep pace with `rate` deltas a second.
    pub(super) fn wait(self, rate: f64) -> Duration {
        let per_trip = self.trip.map_or(0.0, |trip| rate * trip.as_secs_f64());
        if per_trip < CALM {
            Duration::ZERO
        } else {
            self.window
        }
    }
}
