//! Conditions and results of a play.

use std::fmt::{self, Display, Formatter};

use longwire_core::limits::Limit;
use longwire_store::users::budget::Amount;

/// Counters of a play.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) users: u64,
    pub(super) days: u64,
    pub(super) runs: u64,
    /// Model calls whose reservation was made.
    pub(super) calls: u64,
    pub(super) crashes: u64,
    pub(super) faults: u64,
    /// Operations that failed, because all attempts at a request did.
    pub(super) unavailable: u64,
    /// Reservations that failed, because other runs changed the item before each of their requests.
    pub(super) contended: u64,
    pub(super) repeated_settlements: u64,
    pub(super) ordinary_reservations: u64,
    pub(super) ordinary_settlements: u64,
    pub(super) settled_on_later_day: u64,
    pub(super) settled_in_later_month: u64,
    pub(super) settled_after_release: u64,
    pub(super) released: u64,
    /// Refusals by prompts of a day, tokens of a day, tokens of a month and money of a month.
    refusals: [u64; 4],
    /// Largest excess of a user whose calls cost at most their reservations.
    excess_within: Amount,
    /// Largest excess of a user some of whose calls cost more.
    excess_above: Amount,
}

impl Report {
    /// Counts a refusal.
    pub(super) fn refused(&mut self, limit: Limit) {
        let index = match limit {
            Limit::PromptsPerDay => 0,
            Limit::TokensPerDay => 1,
            Limit::TokensPerMonth => 2,
            Limit::MoneyPerMonth => 3,
        };
        self.refusals[index] += 1;
    }

    /// Notes by how much the limits of a user are exceeded.
    pub(super) fn exceeded(&mut self, excess: Amount, may_exceed: bool) {
        let largest = if may_exceed {
            &mut self.excess_above
        } else {
            &mut self.excess_within
        };
        largest.tokens = largest.tokens.max(excess.tokens);
        largest.micros = largest.micros.max(excess.micros);
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let [prompts, day, month, money] = self.refusals;
        let (within, above) = (self.excess_within, self.excess_above);
        writeln!(
            f,
            "{} users in {} days: {} runs, {} model calls, {} crashes, {} requests with a fault, {} operations unavailable, \
             {} contended",
            self.users,
            self.days,
            self.runs,
            self.calls,
            self.crashes,
            self.faults,
            self.unavailable,
            self.contended
        )?;
        writeln!(
            f,
            "settlements: {} repeated, {} on a later day, {} in a later month, {} after the release; {} reservations released",
            self.repeated_settlements,
            self.settled_on_later_day,
            self.settled_in_later_month,
            self.settled_after_release,
            self.released
        )?;
        writeln!(
            f,
            "one request each: {} ordinary reservations, {} ordinary settlements",
            self.ordinary_reservations, self.ordinary_settlements
        )?;
        writeln!(
            f,
            "refusals: {prompts} prompts a day, {day} tokens a day, {month} tokens a month, {money} money a month"
        )?;
        write!(
            f,
            "largest excess: {} tokens and {} micros where calls cost at most their reservations, {} tokens and {} micros \
             where some cost up to half more",
            within.tokens, within.micros, above.tokens, above.micros
        )
    }
}
