//! Ledger of a user, and the decisions about it. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Add;

use longwire_core::limits::{Exhausted, Limit, UserLimits};
use serde::{Deserialize, Serialize};

use crate::active_threads::ActiveThread;
use crate::users::budget::{Reservation, Wanted};
use crate::users::dates::Dates;

/// Amount that a model call costs, or may cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// Prompts: 1 with the first call of a run, else 0.
    #[serde(rename = "p")]
    pub prompts: u64,
    /// Tokens of input and output.
    #[serde(rename = "t")]
    pub tokens: u64,
    /// Money, in millionths of a US dollar.
    #[serde(rename = "m")]
    pub micros: u64,
}

/// Amount that counts against a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// The limit.
    pub limit: Limit,
    /// Amount that is spent or reserved.
    pub used: u64,
    /// Largest amount.
    pub most: u64,
    /// Time at which the limit counts anew, in seconds since 1970.
    pub renews_at: u64,
}

/// Spending of a user, with the reservations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ledger {
    /// Number of changes.
    #[serde(default)]
    revision: u64,
    #[serde(default)]
    day: u32,
    #[serde(default)]
    month: u32,
    #[serde(default)]
    day_prompts: i64,
    #[serde(default)]
    day_tokens: i64,
    #[serde(default)]
    month_tokens: i64,
    #[serde(default)]
    month_micros: i64,
    /// Threads on which the user has started runs.
    #[serde(default, skip_serializing)]
    pub(super) threads: BTreeSet<ActiveThread>,
    /// Reservations by name. The totals of their day and month contain them.
    #[serde(default)]
    open: BTreeMap<String, Reservation>,
}

/// Next step of a reservation.
pub(super) enum Next {
    /// None: an earlier request, whose response was lost, has made it.
    Reserved(Reservation),
    /// None: it would exceed a limit.
    Exhausted(Exhausted),
    /// Add it to the totals.
    Add(Reservation),
    /// Write this ledger, which contains it: the day has changed, or a reservation has expired.
    Replace(Ledger, Reservation),
}

impl Ledger {
    /// Number of changes.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// Tells whether there is a reservation of this name.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.open.contains_key(name)
    }

    /// Next step of a reservation that is wanted.
    pub(super) fn next(&self, wanted: &Wanted<'_>) -> Next {
        if let Some(reservation) = self.open.get(wanted.name) {
            return Next::Reserved(*reservation);
        }
        let mut ledger = self.at(wanted.now);
        if let Some(exhausted) = ledger.exceeded(wanted.amount, wanted.limits) {
            return Next::Exhausted(exhausted);
        }
        let reservation = Reservation {
            amount: wanted.amount,
            dates: ledger.dates(),
            until: wanted.until,
        };
        if ledger == *self {
            return Next::Add(reservation);
        }
        ledger.add(wanted.name, reservation);
        Next::Replace(ledger, reservation)
    }

    /// Next ledger without the reservations that have expired; `None` when there are none.
    pub(super) fn without_expired(&self, now: u64) -> Option<Self> {
        let expired = self.open.values().any(|open| open.until <= now);
        expired.then(|| Self {
            revision: self.revision + 1,
            ..self.at(now)
        })
    }

    /// Ledger at `now`: with the totals of that day and month, and without reservations that have expired. A time before the
    /// day of the ledger counts as that day: a request may arrive after one that was made later, and clocks differ.
    fn at(&self, now: u64) -> Self {
        let mut ledger = self.clone();
        for reservation in self.open.values().filter(|open| open.until <= now) {
            let Reservation { amount, dates, .. } = reservation;
            // The prompt stays: the next attempt at the run does not count it again.
            if dates.day == ledger.day {
                ledger.day_tokens -= signed(amount.tokens);
            }
            if dates.month == ledger.month {
                ledger.month_tokens -= signed(amount.tokens);
                ledger.month_micros -= signed(amount.micros);
            }
        }
        ledger.open.retain(|_, open| open.until > now);
        let dates = self.dates().max(Dates::of(now));
        if ledger.day != dates.day {
            (ledger.day, ledger.day_prompts, ledger.day_tokens) = (dates.day, 0, 0);
        }
        if ledger.month != dates.month {
            (ledger.month, ledger.month_tokens, ledger.month_micros) = (dates.month, 0, 0);
        }
        ledger
    }

    /// Adds a reservation of the ledger's day.
    fn add(&mut self, name: &str, reservation: Reservation) {
        let Amount {
            prompts,
            tokens,
            micros,
        } = reservation.amount;
        self.revision += 1;
        self.day_prompts += signed(prompts);
        self.day_tokens += signed(tokens);
        self.month_tokens += signed(tokens);
        self.month_micros += signed(micros);
        self.open.insert(name.to_owned(), reservation);
    }

    /// Day and month of the totals.
    fn dates(&self) -> Dates {
        let Self { day, month, .. } = *self;
        Dates { day, month }
    }

    /// Limit that the amount would exceed at `now`.
    pub(super) fn exhausted(
        &self,
        amount: Amount,
        limits: &UserLimits,
        now: u64,
    ) -> Option<Exhausted> {
        self.at(now).exceeded(amount, limits)
    }

    /// First limit that the amount would exceed on the ledger's day.
    fn exceeded(&self, amount: Amount, limits: &UserLimits) -> Option<Exhausted> {
        let exceeds = |limit: &Limit| {
            let total = self.total(*limit) + signed(amount.of(*limit));
            limits.get(*limit).is_some_and(|most| total > signed(most))
        };
        let exceeded = Limit::ALL.into_iter().find(exceeds);
        exceeded.map(|limit| Exhausted {
            limit,
            renews_at: self.renews_at(limit),
        })
    }

    /// Time at which a limit counts anew, in seconds since 1970.
    fn renews_at(&self, limit: Limit) -> u64 {
        match limit {
            Limit::PromptsPerDay | Limit::TokensPerDay => self.dates().next_day(),
            Limit::TokensPerMonth | Limit::MoneyPerMonth => self.dates().next_month(),
        }
    }

    /// Total that counts against a limit on the ledger's day.
    fn total(&self, limit: Limit) -> i64 {
        match limit {
            Limit::PromptsPerDay => self.day_prompts,
            Limit::TokensPerDay => self.day_tokens,
            Limit::TokensPerMonth => self.month_tokens,
            Limit::MoneyPerMonth => self.month_micros,
        }
    }

    /// Totals that count against the limits of a user at `now`.
    pub(super) fn used(&self, limits: &UserLimits, now: u64) -> Vec<Used> {
        let ledger = self.at(now);
        let limited = |limit| limits.get(limit).map(|most| (limit, most));
        let limited = Limit::ALL.into_iter().filter_map(limited);
        limited
            .map(|(limit, most)| Used {
                limit,
                used: u64::try_from(ledger.total(limit)).unwrap_or_default(),
                most,
                renews_at: ledger.renews_at(limit),
            })
            .collect()
    }
}

impl Amount {
    /// Rest of the amount without another one; 0 where that is larger.
    pub fn without(self, other: Self) -> Self {
        Self {
            prompts: self.prompts.saturating_sub(other.prompts),
            tokens: self.tokens.saturating_sub(other.tokens),
            micros: self.micros.saturating_sub(other.micros),
        }
    }

    /// Part of the amount that counts against a limit.
    fn of(&self, limit: Limit) -> u64 {
        match limit {
            Limit::PromptsPerDay => self.prompts,
            Limit::TokensPerDay | Limit::TokensPerMonth => self.tokens,
            Limit::MoneyPerMonth => self.micros,
        }
    }
}

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            prompts: self.prompts.saturating_add(other.prompts),
            tokens: self.tokens.saturating_add(other.tokens),
            micros: self.micros.saturating_add(other.micros),
        }
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use longwire_core::ids::UserId;

    use super::*;

    /// 26 November 2026, 12:00.
    const NOON: u64 = 1_795_694_400;
    const HOUR: u64 = 3_600;

    fn limits() -> UserLimits {
        UserLimits {
            prompts_per_day: Some(2),
            tokens_per_day: Some(1_000),
            tokens_per_month: Some(5_000),
            micros_per_month: Some(10_000),
            ..UserLimits::default()
        }
    }

    fn amount(tokens: u64) -> Amount {
        Amount {
            prompts: 0,
            tokens,
            micros: 2 * tokens,
        }
    }

    /// Next step of a reservation of this amount at this time.
    fn next(ledger: &Ledger, amount: Amount, now: u64) -> Next {
        ledger.next(&Wanted {
            user: &UserId::trusted("u_7"),
            name: "r_1#1",
            amount,
            limits: &limits(),
            now,
            until: now + HOUR,
        })
    }

    fn ledger(day_tokens: i64, month_tokens: i64) -> Ledger {
        let Dates { day, month } = Dates::of(NOON);
        Ledger {
            revision: 7,
            day,
            month,
            day_tokens,
            month_tokens,
            month_micros: 2 * month_tokens,
            ..Ledger::default()
        }
    }

    fn exhausted(next: &Next) -> Option<Limit> {
        match next {
            Next::Exhausted(exhausted) => Some(exhausted.limit),
            Next::Reserved(_) | Next::Add(_) | Next::Replace(..) => None,
        }
    }

    #[test]
    fn an_amount_that_reaches_a_limit_is_added_and_one_that_exceeds_it_is_not() {
        assert!(matches!(
            next(&ledger(400, 400), amount(600), NOON),
            Next::Add(_)
        ));
        let more = next(&ledger(400, 400), amount(601), NOON);
        assert_eq!(exhausted(&more), Some(Limit::TokensPerDay));
        let month = next(&ledger(0, 4_900), amount(101), NOON);
        assert_eq!(exhausted(&month), Some(Limit::TokensPerMonth));
        let prompts = Ledger {
            day_prompts: 2,
            ..ledger(0, 0)
        };
        let prompt = Amount {
            prompts: 1,
            ..amount(0)
        };
        assert_eq!(
            exhausted(&next(&prompts, prompt, NOON)),
            Some(Limit::PromptsPerDay)
        );
    }

    /// Ledger that the next step writes.
    fn replaced(next: Next) -> Ledger {
        let Next::Replace(ledger, _) = next else {
            panic!("the day has changed, or a reservation has expired");
        };
        ledger
    }

    #[test]
    fn a_new_day_begins_with_the_totals_of_the_month() {
        let tomorrow = replaced(next(&ledger(900, 900), amount(10), NOON + 12 * HOUR));
        assert_eq!(
            (tomorrow.day, tomorrow.day_tokens, tomorrow.month_tokens),
            (20_261_127, 10, 910)
        );
        let december = replaced(next(&ledger(900, 900), amount(10), NOON + 5 * 24 * HOUR));
        assert_eq!(
            (december.month, december.month_tokens, december.revision),
            (202_612, 10, 8)
        );
    }

    #[test]
    fn a_time_before_the_day_of_the_ledger_counts_as_that_day() {
        let yesterday = NOON - 24 * HOUR;
        let Next::Add(reservation) = next(&ledger(400, 400), amount(600), yesterday) else {
            panic!("the day of the ledger has room");
        };
        assert_eq!(reservation.dates, Dates::of(NOON));
        let Next::Exhausted(exhausted) = next(&ledger(400, 400), amount(601), yesterday) else {
            panic!("the day of the ledger has no room");
        };
        assert_eq!(exhausted.renews_at, NOON + 12 * HOUR);
    }

    #[test]
    fn an_expired_reservation_is_released_from_the_totals_that_contain_it() {
        let open = |until, dates| Reservation {
            amount: amount(300),
            dates,
            until,
        };
        let today = Dates::of(NOON);
        let yesterday = Dates::of(NOON - 24 * HOUR);
        let mut ledger = ledger(700, 700);
        ledger.open.insert("old".to_owned(), open(NOON, today));
        ledger
            .open
            .insert("older".to_owned(), open(NOON - 1, yesterday));
        ledger
            .open
            .insert("valid".to_owned(), open(NOON + 1, today));
        let next = replaced(next(&ledger, amount(10), NOON));
        assert_eq!(
            (next.day_tokens, next.month_tokens, next.month_micros),
            (410, 110, 220)
        );
        assert_eq!(next.open.keys().collect::<Vec<_>>(), ["r_1#1", "valid"]);
    }

    #[test]
    fn a_reservation_whose_response_was_lost_is_made() {
        let mut ledger = ledger(1_000, 1_000);
        let reservation = Reservation {
            amount: amount(600),
            dates: Dates::of(NOON - 24 * HOUR),
            until: NOON + 1,
        };
        ledger.open.insert("r_1#1".to_owned(), reservation);
        let Next::Reserved(made) = next(&ledger, amount(600), NOON) else {
            panic!("the reservation is made");
        };
        assert_eq!(made, reservation);
    }
}
