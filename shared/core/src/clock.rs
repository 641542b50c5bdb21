//! The wall clock, for times that other processes read. Durations within one process use `Instant`.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// Source of the wall-clock time. Cheap to clone.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Clock {
    /// Clock of the machine.
    pub fn system() -> Self {
        Self::new(unix_millis)
    }

    /// Clock that calls `millis` for the time, in milliseconds since 1970, UTC.
    pub fn new(millis: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(millis))
    }

    /// Milliseconds since 1970, UTC.
    pub fn unix_millis(&self) -> u64 {
        (self.0)()
    }

    /// Seconds since 1970, UTC.
    pub fn unix_seconds(&self) -> u64 {
        self.unix_millis() / 1000
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// Seconds since 1970, UTC, by the clock of the machine.
pub fn unix_seconds() -> u64 {
    unix_millis() / 1000
}

fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.map_or(0, |since| since.as_millis());
    u64::try_from(millis).unwrap_or(u64::MAX)
}

/// Writes a time in seconds since 1970 as RFC 3339, such as `2025-11-20T23:31:17Z`.
pub fn rfc3339(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    let time = Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
    time.to_string()
}
