//! The one clock of the bench.
//!
//! Every stamp is an [`Instant`] of this process, so times at different fakes can be subtracted. The timers of Tokio are
//! not used: they have a resolution of a millisecond, which is more than some of the figures.

use std::time::{Duration, Instant};

use async_io::Timer;

/// Waits until `due`, with the resolution of the kernel's timers.
pub(crate) async fn at(due: Instant) {
    if due > Instant::now() {
        Timer::at(due).await;
    }
}

/// Waits for a duration, with the resolution of the kernel's timers.
pub(crate) async fn after(time: Duration) {
    at(Instant::now() + time).await;
}
