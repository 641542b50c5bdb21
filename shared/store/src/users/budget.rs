//! Budget of a user: what was spent today and this month, and what runs have reserved.
//!
//! The item of a user is the only one: no row is shared by users. Before a model call a run reserves what the call may cost;
//! after it, the reservation is replaced by what it did cost. The totals include the reservations, so that concurrent runs
//! cannot exceed a limit together. A worker that dies leaves its reservation behind; the next one releases it once it has
//! expired.

mod ledger;
mod spending;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use longwire_core::ids::UserId;
use longwire_core::limits::{Exhausted, UserLimits};
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value;
use serde_json::{Value, json};

use crate::error::StoreError;
use crate::item::n;
use crate::update::{MAX_ROUNDS, Updated, update};
use crate::users::dates::Dates;
use crate::users::{Users, key};

pub use self::ledger::{Amount, Used};
use self::ledger::{Ledger, Next};
pub use self::spending::Spending;

/// Sort key of the budget.
const BUDGET: &str = "BUDGET";

/// Reservation of a run for one model call. Times are seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// Amount that is reserved.
    pub amount: Amount,
    /// Day and month of the totals that contain it.
    dates: Dates,
    /// Time after which the next reservation releases it.
    until: u64,
}

/// Reservation that a run wants. Times are seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// User that pays.
    pub user: &'a UserId,
    /// Name of the reservation, which no other model call has.
    pub name: &'a str,
    /// Largest amount that the call may cost.
    pub amount: Amount,
    /// Limits of the user.
    pub limits: &'a UserLimits,
    /// Current time.
    pub now: u64,
    /// Time after which the reservation counts no more.
    pub until: u64,
}

/// Totals that contain a reservation.
#[derive(Debug, Clone, Copy)]
enum Totals {
    DayAndMonth,
    Month,
    None,
}

impl Users {
    /// Reserves an amount. Returns the reservation, or the limit that it would exceed. One write suffices unless the day
    /// has changed or an expired reservation has to be released.
    pub async fn reserve(
        &self,
        wanted: Wanted<'_>,
    ) -> Result<Result<Reservation, Exhausted>, StoreError> {
        let mut reservation = Reservation {
            amount: wanted.amount,
            dates: Dates::of(wanted.now),
            until: wanted.until,
        };
        let mut request = self.add(&wanted, &reservation)?;
        for _ in 0..MAX_ROUNDS {
            let ledger = match update::<Ledger>(request).await? {
                Updated::Done(ledger) => {
                    // What fails is left to the next reservation.
                    let _: Result<(), StoreError> =
                        self.release_expired(wanted.user, &ledger, wanted.now).await;
                    return Ok(Ok(reservation));
                }
                Updated::ConditionFailed(ledger) => ledger.unwrap_or_default(),
            };
            (request, reservation) = match ledger.next(&wanted) {
                Next::Reserved(reservation) => return Ok(Ok(reservation)),
                Next::Exhausted(exhausted) => return Ok(Err(exhausted)),
                Next::Add(reservation) => (self.add(&wanted, &reservation)?, reservation),
                Next::Replace(next, reservation) => {
                    (self.replace(wanted.user, &ledger, &next)?, reservation)
                }
            };
        }
        Err(StoreError::ConditionFailed)
    }

    /// Releases the reservations that have expired, once: when the ledger has changed meanwhile, the next reservation does
    /// it.
    async fn release_expired(
        &self,
        user: &UserId,
        ledger: &Ledger,
        now: u64,
    ) -> Result<(), StoreError> {
        if let Some(next) = ledger.without_expired(now) {
            update::<Ledger>(self.replace(user, ledger, &next)?).await?;
        }
        Ok(())
    }

    /// Replaces a reservation by what the call did cost. A reservation that is not there any more was settled before, or has
    /// expired and was released. Nothing is booked then, because a repeated settlement would be booked twice: a reservation
    /// must expire later than its call can be settled.
    pub async fn settle(
        &self,
        user: &UserId,
        name: &str,
        reservation: &Reservation,
        spent: Amount,
    ) -> Result<(), StoreError> {
        // Totals of a later day or month do not contain the reservation.
        for totals in [Totals::DayAndMonth, Totals::Month, Totals::None] {
            let settle = self.settle_request(user, name, reservation, spent, totals);
            match update::<Ledger>(settle).await? {
                Updated::ConditionFailed(Some(ledger)) if ledger.holds(name) => {}
                Updated::Done(_) | Updated::ConditionFailed(_) => return Ok(()),
            }
        }
        Err(StoreError::ConditionFailed)
    }

    fn settle_request(
        &self,
        user: &UserId,
        name: &str,
        reservation: &Reservation,
        spent: Amount,
        totals: Totals,
    ) -> UpdateItemFluentBuilder {
        let Reservation { amount, dates, .. } = reservation;
        let difference = |spent: u64, reserved: u64| n(i128::from(spent) - i128::from(reserved));
        let request = self
            .budget_request(user)
            .expression_attribute_names("#open", "open")
            .expression_attribute_names("#name", name)
            .expression_attribute_values(":one", n(1_u32));
        let with_month = |request: UpdateItemFluentBuilder| {
            request
                .expression_attribute_names("#month", "month")
                .expression_attribute_values(":month", n(dates.month))
                .expression_attribute_values(":tokens", difference(spent.tokens, amount.tokens))
                .expression_attribute_values(":micros", difference(spent.micros, amount.micros))
        };
        match totals {
            Totals::DayAndMonth => with_month(request)
                .expression_attribute_names("#day", "day")
                .expression_attribute_values(":day", n(dates.day))
                .expression_attribute_values(":prompts", difference(spent.prompts, amount.prompts))
                .update_expression(
                    "REMOVE #open.#name ADD revision :one, dayPrompts :prompts, dayTokens :tokens, \
                     monthTokens :tokens, monthMicros :micros",
                )
                .condition_expression(
                    "attribute_exists(#open.#name) AND #day = :day AND #month = :month",
                ),
            Totals::Month => with_month(request)
                .update_expression(
                    "REMOVE #open.#name ADD revision :one, monthTokens :tokens, monthMicros :micros",
                )
                .condition_expression("attribute_exists(#open.#name) AND #month = :month"),
            Totals::None => request
                .update_expression("REMOVE #open.#name ADD revision :one")
                .condition_expression("attribute_exists(#open.#name)"),
        }
    }

    /// Adds a reservation to the totals of the same day and month, within the limits.
    fn add(
        &self,
        wanted: &Wanted<'_>,
        reservation: &Reservation,
    ) -> Result<UpdateItemFluentBuilder, StoreError> {
        let Reservation { amount, dates, .. } = reservation;
        let room = |limit: Option<u64>, amount: u64| match limit {
            Some(limit) => i128::from(limit) - i128::from(amount),
            None => i128::from(u64::MAX),
        };
        let limits = wanted.limits;
        Ok(self
            .budget_request(wanted.user)
            .update_expression(
                "SET #open.#name = :reservation ADD revision :one, dayPrompts :prompts, \
                 dayTokens :tokens, monthTokens :tokens, monthMicros :micros",
            )
            .condition_expression(
                "#day = :day AND #month = :month AND attribute_not_exists(#open.#name) \
                 AND dayPrompts <= :dayPrompts AND dayTokens <= :dayTokens \
                 AND monthTokens <= :monthTokens AND monthMicros <= :monthMicros",
            )
            .expression_attribute_names("#open", "open")
            .expression_attribute_names("#name", wanted.name)
            .expression_attribute_names("#day", "day")
            .expression_attribute_names("#month", "month")
            .expression_attribute_values(":one", n(1_u32))
            .expression_attribute_values(":reservation", to_attribute_value(reservation)?)
            .expression_attribute_values(":day", n(dates.day))
            .expression_attribute_values(":month", n(dates.month))
            .expression_attribute_values(":prompts", n(amount.prompts))
            .expression_attribute_values(":tokens", n(amount.tokens))
            .expression_attribute_values(":micros", n(amount.micros))
            .expression_attribute_values(
                ":dayPrompts",
                n(room(limits.prompts_per_day, amount.prompts)),
            )
            .expression_attribute_values(
                ":dayTokens",
                n(room(limits.tokens_per_day, amount.tokens)),
            )
            .expression_attribute_values(
                ":monthTokens",
                n(room(limits.tokens_per_month, amount.tokens)),
            )
            .expression_attribute_values(
                ":monthMicros",
                n(room(limits.micros_per_month, amount.micros)),
            ))
    }

    /// Replaces a ledger by the next one, unless it has changed meanwhile.
    fn replace(
        &self,
        user: &UserId,
        ledger: &Ledger,
        next: &Ledger,
    ) -> Result<UpdateItemFluentBuilder, StoreError> {
        let Value::Object(attributes) = json!(next) else {
            return Err(StoreError::Corrupt("a ledger is an object".to_owned()));
        };
        let mut sets = Vec::new();
        let mut replace = self.budget_request(user);
        for (at, (name, value)) in attributes.into_iter().enumerate() {
            sets.push(format!("#a{at} = :a{at}"));
            replace = replace
                .expression_attribute_names(format!("#a{at}"), name)
                .expression_attribute_values(format!(":a{at}"), to_attribute_value(value)?);
        }
        Ok(replace
            .update_expression(format!("SET {}", sets.join(", ")))
            .condition_expression("attribute_not_exists(revision) OR revision = :revision")
            .expression_attribute_values(":revision", n(ledger.revision())))
    }

    /// Update of the budget's item, without an expression.
    pub(crate) fn budget_request(&self, user: &UserId) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(user.as_str(), BUDGET)))
    }
}
