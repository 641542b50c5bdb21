//! Days and months of UTC.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Seconds of a day.
pub(super) const SECONDS: u64 = 24 * 3_600;

/// Day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day {
    /// Number of days since 1970.
    number: u64,
    /// Date, as an item has it: 20261126.
    pub(super) date: i64,
}

impl Day {
    /// Day of a time in seconds since 1970.
    pub(super) fn of(time: u64) -> Self {
        let seconds = i64::try_from(time).expect("a time of this century");
        let time_of_day = Timestamp::from_second(seconds).expect("a time of this century");
        let date = time_of_day.to_zoned(TimeZone::UTC).strftime("%Y%m%d");
        Self {
            number: time / SECONDS,
            date: date.to_string().parse().expect("digits"),
        }
    }

    /// Month, as an item has it: 202611.
    pub(super) fn month(self) -> i64 {
        self.date / 100
    }

    /// Start, in seconds since 1970.
    pub(super) fn start(self) -> u64 {
        self.number * SECONDS
    }

    /// Next day.
    pub(super) fn tomorrow(self) -> Self {
        Self::of((self.number + 1) * SECONDS)
    }

    /// First day of the next month.
    pub(super) fn next_month(self) -> Self {
        let mut day = self.tomorrow();
        while day.month() == self.month() {
            day = day.tomorrow();
        }
        day
    }
}
