//! Times and sizes of the stream.

use std::time::Duration;

/// Times and sizes of the stream.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Longest time a delta waits for further deltas once they arrive faster than posts complete. 33 ms looks
    /// fluent; 100 ms costs fewer posts.
    pub window: Duration,
    /// Deltas of one message share an event while no subscriber has it. Without it each delta is an event of its own, as in
    /// servers that stream token by token; the bench compares the two.
    pub coalesce: bool,
    /// Shortest time between the starts of two posts to one connection, retries included; zero for none. Every post
    /// costs money and one of the account's 10,000 API Gateway requests a second, so a fast connection must not get
    /// one post per delta either. The default of 16 ms is one frame of a 60 Hz screen.
    pub min_post_interval: Duration,
    /// Time limit of one post. The run lease must outlive it.
    pub post_timeout: Duration,
    /// Time limit of one read of the durable log.
    pub read_timeout: Duration,
    /// Time after which a subscriber is given up whose frame or read fails again and again, counted from the start
    /// of the first attempt.
    pub stuck_after: Duration,
    /// Time without an event after which `agui` subscribers are told that the run is alive.
    pub alive_every: Duration,
    /// Memory for events that a batch has handed over, in bytes. Beyond it the oldest ones are dropped, and read from
    /// the durable log when a subscriber needs them.
    pub memory: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            window: Duration::from_millis(33),
            coalesce: true,
            min_post_interval: Duration::from_millis(16),
            post_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(5),
            stuck_after: Duration::from_secs(30),
            alive_every: Duration::from_secs(15),
            memory: 4 * 1024 * 1024,
        }
    }
}
