//! Expected ledger of a user: plain sums of what was spent and what is reserved, without the code of the store.

use std::collections::BTreeMap;

use longwire_core::ids::UserId;
use longwire_core::limits::UserLimits;
use longwire_store::users::budget::Amount;

use super::dates::Day;

/// Result of a check, with the violation that it found.
pub(super) type Check<T = ()> = Result<T, String>;

/// Day or month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Period {
    Day(Day),
    Month(i64),
}

/// Costs of a period.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spent {
    /// Cost of the calls that are settled.
    pub(super) booked: Amount,
    /// Cost above the reservations of calls that were settled after the last reservation.
    pub(super) overrun: Amount,
}

/// Reservation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    pub(super) amount: Amount,
    pub(super) day: Day,
    pub(super) until: u64,
    /// The item does not contain it any more, because it has expired.
    pub(super) released: bool,
}

/// Expected ledger of a user.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) user: UserId,
    pub(super) limits: UserLimits,
    /// Latest day on which something was reserved.
    pub(super) today: Day,
    pub(super) spent: BTreeMap<Period, Spent>,
    /// Reservations that are not settled.
    pub(super) open: BTreeMap<String, Open>,
}

impl Open {
    /// Tells whether the totals of a period contain the reservation.
    pub(super) fn is_of(&self, period: Period) -> bool {
        match period {
            Period::Day(day) => self.day == day,
            Period::Month(month) => self.day.month() == month,
        }
    }
}

impl Expected {
    /// Ledger of a user who has spent nothing.
    pub(super) fn new(user: UserId, limits: UserLimits) -> Self {
        Self {
            user,
            limits,
            today: Day::default(),
            spent: BTreeMap::new(),
            open: BTreeMap::new(),
        }
    }

    /// Adds a reservation that was made by a request of the time `now`.
    pub(super) fn reserved(&mut self, name: &str, amount: Amount, now: u64, until: u64) -> Check {
        if let Some(open) = self.open.remove(name) {
            if !open.released {
                return Err(format!("{name} was reserved twice"));
            }
            self.book(open.day, prompts_of(open.amount));
        }
        let day = self.today.max(Day::of(now));
        if let Some(exhausted) = self.exceeded(amount, day, now) {
            return Err(format!("{name} was reserved beyond {exhausted:?}"));
        }
        self.today = day;
        let open = Open {
            amount,
            day,
            until,
            released: false,
        };
        self.open.insert(name.to_owned(), open);
        for period in periods(day) {
            self.spent.entry(period).or_default().overrun = Amount::default();
        }
        Ok(())
    }

    /// Replaces a reservation by what was spent.
    pub(super) fn settled(&mut self, name: &str, spent: Amount) -> Check {
        let open = self.open.remove(name).filter(|open| !open.released);
        let open = open.ok_or_else(|| format!("{name} was settled without a reservation"))?;
        self.book(open.day, spent);
        for period in periods(open.day) {
            let overrun = &mut self.spent.entry(period).or_default().overrun;
            overrun.tokens += spent.tokens.saturating_sub(open.amount.tokens);
            overrun.micros += spent.micros.saturating_sub(open.amount.micros);
        }
        Ok(())
    }

    /// Checks a settlement that changed nothing. Returns whether it came after the release of its reservation: then only
    /// the prompt stays booked.
    pub(super) fn not_settled(&mut self, name: &str) -> Check<bool> {
        let Some(open) = self.open.remove(name) else {
            return Ok(false);
        };
        if !open.released {
            return Err(format!("{name} was not settled"));
        }
        self.book(open.day, prompts_of(open.amount));
        Ok(true)
    }

    /// Tells whether the item contains a reservation.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.open.get(name).is_some_and(|open| !open.released)
    }

    /// Tells whether a reservation that the item contains has expired.
    pub(super) fn has_expired(&self, now: u64) -> bool {
        let mut open = self.open.values();
        open.any(|open| !open.released && open.until <= now)
    }

    fn book(&mut self, day: Day, amount: Amount) {
        for period in periods(day) {
            let booked = &mut self.spent.entry(period).or_default().booked;
            booked.prompts += amount.prompts;
            booked.tokens += amount.tokens;
            booked.micros += amount.micros;
        }
    }
}

fn periods(day: Day) -> [Period; 2] {
    [Period::Day(day), Period::Month(day.month())]
}

/// Prompts of a reservation. They stay booked when it expires.
fn prompts_of(amount: Amount) -> Amount {
    Amount {
        prompts: amount.prompts,
        ..Amount::default()
    }
}
