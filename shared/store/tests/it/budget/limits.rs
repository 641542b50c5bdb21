//! Checks of the limits of a user.

use longwire_core::limits::{Exhausted, Limit};
use longwire_store::users::budget::Amount;

use super::dates::Day;
use super::expected::{Check, Expected, Period};

impl Expected {
    /// Sum of what was spent in a period, and of the reservations in it that are not released. Of a reservation that has
    /// expired at `now`, only the prompts count.
    pub(super) fn total(&self, period: Period, now: u64) -> Amount {
        let spent = self.spent.get(&period).copied().unwrap_or_default();
        let mut total = spent.booked;
        for open in self.open.values().filter(|open| open.is_of(period)) {
            total.prompts += open.amount.prompts;
            if !open.released && open.until > now {
                total.tokens += open.amount.tokens;
                total.micros += open.amount.micros;
            }
        }
        total
    }

    /// First limit that an amount exceeds on a day, beside what is spent and reserved at `now`.
    pub(super) fn exceeded(&self, amount: Amount, day: Day, now: u64) -> Option<Exhausted> {
        let of_day = self.total(Period::Day(day), now);
        let of_month = self.total(Period::Month(day.month()), now);
        let totals = [
            (Limit::PromptsPerDay, of_day.prompts + amount.prompts),
            (Limit::TokensPerDay, of_day.tokens + amount.tokens),
            (Limit::TokensPerMonth, of_month.tokens + amount.tokens),
            (Limit::MoneyPerMonth, of_month.micros + amount.micros),
        ];
        let exceeded = |limit, total| self.limit(limit).is_some_and(|limit| total > limit);
        let (limit, _) = totals
            .into_iter()
            .find(|&(limit, total)| exceeded(limit, total))?;
        let renews = match limit {
            Limit::PromptsPerDay | Limit::TokensPerDay => day.tomorrow(),
            Limit::TokensPerMonth | Limit::MoneyPerMonth => day.next_month(),
        };
        Some(Exhausted {
            limit,
            renews_at: renews.start(),
        })
    }

    /// Checks that an amount that was refused at `now` exceeds a limit, and that the refusal names it.
    pub(super) fn refused(&self, amount: Amount, now: u64, exhausted: Exhausted) -> Check {
        let day = self.today.max(Day::of(now));
        match self.exceeded(amount, day, now) {
            Some(expected) if expected == exhausted => Ok(()),
            expected => Err(format!("{exhausted:?} was refused, and not {expected:?}")),
        }
    }

    /// Checks that no limit is exceeded by more than calls cost above their reservations since the last reservation.
    /// Returns by how many tokens and how much money the limits are exceeded.
    pub(super) fn excess(&self) -> Check<Amount> {
        let mut excess = Amount::default();
        for (&period, spent) in &self.spent {
            let total = self.total(period, 0);
            let (prompts, tokens, micros) = match period {
                Period::Day(_) => (Some(Limit::PromptsPerDay), Limit::TokensPerDay, None),
                Period::Month(_) => (None, Limit::TokensPerMonth, Some(Limit::MoneyPerMonth)),
            };
            let above = |limit: Option<Limit>, total: u64| {
                let limit = limit.and_then(|limit| self.limit(limit));
                total.saturating_sub(limit.unwrap_or(u64::MAX))
            };
            let above = Amount {
                prompts: above(prompts, total.prompts),
                tokens: above(Some(tokens), total.tokens),
                micros: above(micros, total.micros),
            };
            let Amount { tokens, micros, .. } = spent.overrun;
            if above.prompts > 0 || above.tokens > tokens || above.micros > micros {
                return Err(format!("{period:?} is exceeded by {above:?}"));
            }
            excess.tokens = excess.tokens.max(above.tokens);
            excess.micros = excess.micros.max(above.micros);
        }
        Ok(excess)
    }

    /// Amount that is left of the limits on a day, at `now`.
    pub(super) fn rest(&self, day: Day, now: u64) -> Amount {
        let of_day = self.total(Period::Day(day), now);
        let of_month = self.total(Period::Month(day.month()), now);
        let rest = |limit, total: u64| Some(self.limit(limit)?.saturating_sub(total));
        let tokens = [
            rest(Limit::TokensPerDay, of_day.tokens),
            rest(Limit::TokensPerMonth, of_month.tokens),
        ];
        Amount {
            prompts: rest(Limit::PromptsPerDay, of_day.prompts).unwrap_or_default(),
            tokens: tokens.into_iter().flatten().min().unwrap_or_default(),
            micros: rest(Limit::MoneyPerMonth, of_month.micros).unwrap_or_default(),
        }
    }

    fn limit(&self, limit: Limit) -> Option<u64> {
        match limit {
            Limit::PromptsPerDay => self.limits.prompts_per_day,
            Limit::TokensPerDay => self.limits.tokens_per_day,
            Limit::TokensPerMonth => self.limits.tokens_per_month,
            Limit::MoneyPerMonth => self.limits.micros_per_month,
        }
    }
}
