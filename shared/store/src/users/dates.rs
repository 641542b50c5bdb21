//! Days and months of UTC, by which users are limited and their usage is kept.

use jiff::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// Day and month of UTC, as numbers that increase.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Dates {
    /// Year, month and day: 20261126.
    #[serde(rename = "d")]
    pub(super) day: u32,
    /// Year and month: 202611.
    #[serde(rename = "mo")]
    pub(super) month: u32,
}

impl Dates {
    /// Dates of a time in seconds since 1970.
    pub(super) fn of(now: u64) -> Self {
        Self::of_date(date(now))
    }

    /// Dates of the last `days` days until that of a time in seconds since 1970, the first day first.
    pub(super) fn last(days: u16, now: u64) -> Vec<Self> {
        let today = date(now);
        let back = (0..days).rev();
        back.map(|days| Self::of_date(today.saturating_sub(i64::from(days).days())))
            .collect()
    }

    /// Start of the next day, in seconds since 1970.
    pub(super) fn next_day(self) -> u64 {
        start(self.date().and_then(Date::tomorrow))
    }

    /// Start of the next month, in seconds since 1970.
    pub(super) fn next_month(self) -> u64 {
        start(self.date().and_then(|date| date.last_of_month().tomorrow()))
    }

    fn date(self) -> Result<Date, jiff::Error> {
        let part = |number: u32| i8::try_from(number % 100).unwrap_or_default();
        let year = i16::try_from(self.month / 100).unwrap_or(i16::MAX);
        Date::new(year, part(self.month), part(self.day))
    }

    fn of_date(date: Date) -> Self {
        let number = |part: i8| u32::from(part.unsigned_abs());
        let month = u32::from(date.year().unsigned_abs()) * 100 + number(date.month());
        Self {
            day: month * 100 + number(date.day()),
            month,
        }
    }
}

fn start(date: Result<Date, jiff::Error>) -> u64 {
    let start = date.and_then(|date| date.to_zoned(TimeZone::UTC));
    let seconds = start.map_or(i64::MAX, |start| start.timestamp().as_second());
    u64::try_from(seconds).unwrap_or_default()
}

fn date(now: u64) -> Date {
    let seconds = i64::try_from(now).unwrap_or(i64::MAX);
    let time = Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
    time.to_zoned(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 26 November 2026, 12:00.
    const NOON: u64 = 1_795_694_400;
    const DAY: u64 = 24 * 3_600;

    #[test]
    fn dates_are_those_of_utc() {
        let year = Dates::of(NOON + 40 * DAY);
        assert_eq!((year.day, year.month), (20_270_105, 202_701));
    }

    #[test]
    fn the_last_days_end_with_today() {
        let days = |days, now| -> Vec<u32> {
            let dates = Dates::last(days, now);
            dates.into_iter().map(|dates| dates.day).collect()
        };
        assert_eq!(days(2, NOON), [20_261_125, 20_261_126]);
        assert_eq!(days(2, NOON + 5 * DAY), [20_261_130, 20_261_201]);
    }

    #[test]
    fn the_next_day_and_month_begin_at_midnight() {
        let dates = Dates::of(NOON);
        assert_eq!(dates.next_day(), NOON + DAY / 2);
        assert_eq!(dates.next_month(), NOON + 4 * DAY + DAY / 2);
        let last_of_year = Dates::of(NOON + 35 * DAY);
        assert_eq!(last_of_year.next_month(), NOON + 35 * DAY + DAY / 2);
    }
}
