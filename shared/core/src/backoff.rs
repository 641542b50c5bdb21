//! Pauses between attempts, with full jitter.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// Endless pauses whose upper bound doubles from `first` to `longest`; each pause is drawn evenly from zero to
/// its bound ("full jitter": AWS Architecture Blog, "Exponential Backoff And Jitter").
#[derive(Debug)]
pub struct FullJitter {
    bounds: ExponentialBackoff,
    longest: Duration,
}

impl FullJitter {
    /// Pauses that start below `first` and never exceed `longest`.
    pub fn new(first: Duration, longest: Duration) -> Self {
        let bounds = ExponentialBuilder::new()
            .with_min_delay(first)
            .with_max_delay(longest)
            .without_max_times()
            .build();
        Self { bounds, longest }
    }

    /// Draws the next pause.
    pub fn next_pause(&mut self) -> Duration {
        let bound = self.bounds.next().unwrap_or(self.longest);
        bound.mul_f64(rand::random())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_stay_below_a_bound_that_doubles_up_to_the_longest() {
        let (first, longest) = (Duration::from_millis(100), Duration::from_millis(300));
        let mut pauses = FullJitter::new(first, longest);
        for bound in [100, 200, 300, 300, 300] {
            let pause = pauses.next_pause();
            assert!(
                pause <= Duration::from_millis(bound),
                "{pause:?} of {bound} ms"
            );
        }
    }
}
