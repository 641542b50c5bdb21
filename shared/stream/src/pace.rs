//! Pace of posts: when a connection may get the next one, and whether a delta waits for others.

use std::time::Duration;

use tokio::time::Instant;

/// Deltas per round trip up to which no delta waits for the window. A little above one half, because round trips of
/// 10 ms at 50 deltas a second are exactly one half, and the measured values vary.
const MAX_DELTAS_PER_ROUND_TRIP: f64 = 0.6;

/// Longest time that the end of a text or a step waits for what follows it: what follows the last one is the end of the
/// run, which is stored in two round trips to the table.
const MAX_END_WAIT: Duration = Duration::from_millis(15);

/// Share of the mean gap between two deltas by which one may be late and is still waited for.
const LATE: f64 = 0.15;

/// Time constant of the fading count of deltas, in seconds: long enough to level out an irregular network, short
/// enough that the first delta after a second of silence leaves at once.
const RATE_DECAY_SECONDS: f64 = 0.5;

/// Weight of the newest round trip in their mean.
const ROUND_TRIP_WEIGHT: f64 = 0.3;

/// Arrival rate of deltas, as a count that fades exponentially.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rate {
    /// Deltas after the first one.
    count: f64,
    /// Arrivals of the first and of the last delta.
    arrivals: Option<(Instant, Instant)>,
}

impl Rate {
    /// Counts a delta.
    pub(crate) fn count(&mut self, now: Instant) {
        self.arrivals = Some(match self.arrivals {
            None => (now, now),
            Some((first, _)) => {
                self.count = self.faded(now) + 1.0;
                (first, now)
            }
        });
    }

    /// Returns the rate in deltas per second. It is nearly right from the second delta on, because it is the count over the
    /// time since the first one, and both fade alike: 2 % too high at the arrival of a delta at 50 a second.
    pub(crate) fn per_second(&self, now: Instant) -> f64 {
        let Some((first, _)) = self.arrivals else {
            return 0.0;
        };
        let seconds = RATE_DECAY_SECONDS * (1.0 - fading(first, now));
        if seconds > 0.0 {
            self.faded(now) / seconds
        } else {
            0.0
        }
    }

    fn faded(&self, now: Instant) -> f64 {
        let last = self.arrivals.map_or(now, |(_, last)| last);
        self.count * fading(last, now)
    }
}

/// Share of a count that is left after the time between two instants.
fn fading(from: Instant, to: Instant) -> f64 {
    let age = to.saturating_duration_since(from).as_secs_f64();
    (-age / RATE_DECAY_SECONDS).exp()
}

/// Times that events wait for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Waits {
    /// Time that a delta waits.
    pub(crate) delta: Duration,
    /// Time that the end of a text, a call or a step waits.
    pub(crate) end: Duration,
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

    /// Times that events wait for others at `rate` deltas per second. An end waits for half a round trip: so long a post of
    /// its own would delay the event that follows it on average.
    pub(crate) fn waits(&self, rate: f64) -> Waits {
        let half = self.round_trip.unwrap_or_default() / 2;
        Waits {
            delta: self.wait(rate),
            end: half.min(MAX_END_WAIT).min(self.window),
        }
    }

    /// Time a delta waits for others at `rate` deltas per second: none while posts keep up with the rate or no other delta
    /// is due, otherwise until the last delta that is due within the window. The rest of the window would bring no further
    /// delta.
    fn wait(&self, rate: f64) -> Duration {
        let per_trip = self
            .round_trip
            .map_or(0.0, |trip| rate * trip.as_secs_f64());
        let due = (self.window.as_secs_f64() * rate).floor();
        if per_trip < MAX_DELTAS_PER_ROUND_TRIP || due < 1.0 {
            return Duration::ZERO;
        }
        let last_due = Duration::from_secs_f64((due + LATE) / rate);
        last_due.min(self.window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(window: u64, round_trip: u64, rate: f64) -> f64 {
        let mut pace = Pace::new(Duration::from_millis(window), Duration::ZERO);
        pace.round_trip = Some(Duration::from_millis(round_trip));
        (pace.wait(rate).as_secs_f64() * 1e5).round() / 1e2
    }

    #[test]
    fn deltas_wait_for_as_many_others_as_are_due_within_the_window() {
        assert_eq!(wait(33, 25, 45.0), 25.56, "one more, 22.22 ms later");
        assert_eq!(wait(33, 25, 200.0), 30.75, "six more, 5 ms apart");
        assert_eq!(wait(100, 25, 45.0), 92.22, "four more");
        assert_eq!(wait(33, 25, 1000.0), 33.0, "the window is the limit");
    }

    #[test]
    fn deltas_do_not_wait_when_no_other_is_due_within_the_window() {
        assert_eq!(wait(33, 50, 25.0), 0.0);
    }

    #[test]
    fn the_rate_is_known_from_the_second_delta_on() {
        let (mut rate, start) = (Rate::default(), Instant::now());
        let at = |nth: u32| start + Duration::from_millis(20) * nth;
        rate.count(start);
        assert_eq!(rate.per_second(start), 0.0);
        for nth in 1..100 {
            rate.count(at(nth));
            let error = rate.per_second(at(nth)) - 50.0;
            assert!((0.0..1.1).contains(&error), "{error}");
        }
        assert!(rate.per_second(at(99) + Duration::from_secs(2)) < 1.0);
    }

    #[test]
    fn deltas_do_not_wait_while_posts_keep_up() {
        assert_eq!(wait(33, 10, 50.0), 0.0);
    }
}
