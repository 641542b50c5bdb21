//! The wall clock, for what other processes read. What only this process measures uses `Instant`.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970, UTC.
pub(crate) fn seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
