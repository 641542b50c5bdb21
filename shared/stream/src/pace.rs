//! Pace of posts: when a connection may get the next one, and whether a delta waits for others.

use std::time::Duration;

use tokio::time::Instant;

/// Deltas per round trip up to which no delta waits for the window. A little above one half, because round trips of
/// 10 ms at 50 deltas a second are exactly one half, and the measured values vary.
const MAX_DELTAS_PER_ROUND_TRIP: f64 = 0.6;

/// Time constant of the fading count of deltas, in seconds: long enough to level out an irregular network, short
/// enough that the first delta after a second of silence leaves at once.
const RATE_DECAY_SECONDS: f64 = 0.5;

/// Weight of the newest round trip in their mean.
const ROUND_TRIP_WEIGHT: f64 = 0.3;

/// Arrival rate of deltas, as a count that fades exponentially.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rate {
    count: f64,
    at: Option<Instant>,
}

impl Rate {
    /// Counts a delta.
    pub(crate) fn count(&mut self, now: Instant) {
        self.count = self.faded(now) + 1.0;
        self.at = Some(now);
    }

    /// Returns the rate in deltas per second.
    pub(crate) fn per_second(&self, now: Instant) -> f64 {
        self.faded(now) / RATE_DECAY_SECONDS
    }

    fn faded(&self, now: Instant) -> f64 {
        let Some(at) = self.at else { return 0.0 };
        let age = now.saturating_duration_since(at).as_secs_f64();
        self.count * (-age / RATE_DECAY_SECONDS).exp()
    }
}

/// Pace of one connection's posts.
#[derive(Debug)]
pub(crate) struct Pace {
    window: Duration,
    min_interval: Duration,
    /// Start of the last post.
    last_start: Option<Instant>,
    /// Mean round trip, once one is known.
    round_trip: Option<Duration>,
}

impl Pace {
    /// Makes the pace of a connection without posts so far. `window` is the longest time a delta waits for others;
    /// `min_interval` the shortest time between the starts of two posts.
    pub(crate) fn new(window: Duration, min_interval: Duration) -> Self {
        Self {
            window,
            min_interval,
            last_start: None,
            round_trip: None,
        }
    }

    /// Records the start of a post.
    pub(crate) fn started(&mut self, now: Instant) {
        self.last_start = Some(now);
    }

    /// Measures the round trip of the last post, which succeeded.
    pub(crate) fn completed(&mut self, now: Instant) {
        let Some(started) = self.last_start else {
            return;
        };
        let trip = now - started;
        self.round_trip = Some(match self.round_trip {
            None => trip,
            Some(mean) => mean.mul_f64(1.0 - ROUND_TRIP_WEIGHT) + trip.mul_f64(ROUND_TRIP_WEIGHT),
        });
    }

    /// Earliest start of the next post; `None` before the first one, which leaves at once.
    pub(crate) fn next_start(&self) -> Option<Instant> {
        self.last_start.map(|start| start + self.min_interval)
    }

    /// Time a delta waits for others at `rate` deltas per second: none while posts keep up with the rate.
    pub(crate) fn wait(&self, rate: f64) -> Duration {
        let per_trip = self
            .round_trip
            .map_or(0.0, |trip| rate * trip.as_secs_f64());
        if per_trip < MAX_DELTAS_PER_ROUND_TRIP {
            Duration::ZERO
        } else {
            self.window
        }
    }
}
