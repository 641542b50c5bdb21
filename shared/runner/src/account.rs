//! Account of an attempt: reserves what its model calls may cost, and settles what they did cost.
//!
//! A reservation that is not settled, because the worker died or the table failed, counts against the limits of the user
//! until its time is over.

mod reservations;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use longwire_agent::budget::{ModelCall, Reserve, ReserveError, fixed_tokens};
use longwire_core::clock::Clock;
use longwire_core::limits::Exhausted;
use longwire_core::message::Usage;
use longwire_core::payment::{Payer, Prepayment};
use longwire_core::price::Price;
use longwire_core::run::RunRow;
use longwire_store::error::StoreError;
use longwire_store::threads::claim::Claim;
use longwire_store::users::Users;
use longwire_store::users::budget::{Amount, Wanted};
use tokio::time::timeout;

use self::reservations::{Held, Reservations};
use crate::delivery::Delivery;
use crate::runner::Runner;

/// Time after the time limit of the invocation for which its reservations count, in seconds.
const GRACE: u64 = 60;

/// Time limit of a reservation beside the claim, and of a settlement. The lease is not renewed meanwhile.
const TIME_LIMIT: Duration = Duration::from_secs(2);

/// Tokens by which the estimate beside the claim is larger than its parts: those that join the parts in a request. A request
/// that is larger all the same costs a second reservation.
const JOINING: u64 = 100;

/// Account of an attempt.
pub(crate) struct Account {
    users: Users,
    price: Option<Price>,
    payer: Payer,
    /// Beginning of the names of the reservations, which no other attempt has.
    name: String,
    /// Estimated tokens of the system prompt and the tools.
    fixed_tokens: u64,
    /// Most tokens of a reply.
    max_output_tokens: u32,
    clock: Clock,
    until: u64,
    reservations: Mutex<Reservations>,
}

/// Cost of a model call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Spent {
    /// Cost of these tokens.
    Usage(Usage),
    /// Cost of the request alone, because nothing says how much of the reply there was.
    Request,
    /// No cost: the call was not made, or the model refused it.
    Nothing,
}

impl Runner {
    /// Opens the account of a job's run and reserves its first model call; `None` for a user without limits of what may be
    /// spent, or a job that does not say who pays.
    pub(crate) async fn prepay(&self, delivery: &Delivery<'_>) -> Option<Arc<Account>> {
        let Prepayment {
            payer,
            input_tokens,
        } = delivery.job.prepayment.as_ref()?;
        let account = Account::open(self, delivery, payer)?;
        account.prepay(*input_tokens).await;
        Some(account)
    }

    /// Account of the attempt at a claimed run: the one that was opened beside the claim, or that of the row's payer. A run
    /// that an earlier worker began has counted its prompt.
    pub(crate) fn account(
        &self,
        delivery: &Delivery<'_>,
        row: &RunRow,
        claim: Claim,
        prepaid: Option<Arc<Account>>,
    ) -> Option<Arc<Account>> {
        let open = || Account::open(self, delivery, row.payer.as_ref()?);
        let account = prepaid.or_else(open)?;
        account
            .reservations()
            .set_prompt_booked(claim != Claim::Fresh);
        Some(account)
    }
}

impl Account {
    fn open(runner: &Runner, delivery: &Delivery<'_>, payer: &Payer) -> Option<Arc<Self>> {
        payer.limits.limit_spending().then(|| {
            let run = &delivery.job.run_id;
            Arc::new(Self {
                users: runner.users.clone(),
                price: runner.price,
                payer: payer.clone(),
                name: format!("{run}#{}", delivery.invocation),
                fixed_tokens: fixed_tokens(&runner.system_prompt, &runner.tools.specs()),
                max_output_tokens: runner.settings.limits.max_tokens,
                clock: runner.clock.clone(),
                until: runner.now() + delivery.time_left().as_secs() + GRACE,
                reservations: Mutex::default(),
            })
        })
    }

    /// Reserves an estimate of the first model call. Whatever fails here is left to the first step, which knows its request:
    /// also a limit that the estimate would exceed.
    async fn prepay(&self, input_tokens: u64) {
        let amount = Amount {
            prompts: 1,
            ..self.most(
                input_tokens + self.fixed_tokens + JOINING,
                self.max_output_tokens,
            )
        };
        match timeout(TIME_LIMIT, self.reserve(amount)).await {
            Ok(Ok(Ok(held))) => self.reservations().prepay(held),
            Ok(Ok(Err(_))) => {}
            Ok(Err(error)) => log_prepayment(&error),
            Err(elapsed) => log_prepayment(&elapsed),
        }
    }

    /// Closure with which the agent reserves its model calls.
    pub(crate) fn reserve_calls(self: &Arc<Self>) -> Reserve {
        let account = Arc::clone(self);
        Arc::new(move |call: ModelCall| {
            let account = Arc::clone(&account);
            async move { account.reserve_call(call).await }.boxed()
        })
    }

    async fn reserve_call(&self, call: ModelCall) -> Result<(), ReserveError> {
        if self.payer.limits.micros_per_month.is_some() && self.price.is_none() {
            tracing::error!(
                event = "price_unknown",
                "prices.toml has no price of the model, and the user has a limit of money"
            );
            return Err(ReserveError::NoPrice);
        }
        self.reservations().begin(call.step, call.input_tokens);
        let most = self.most(call.input_tokens, call.max_output_tokens);
        let most = most
            + call
                .spent
                .map_or(Amount::default(), |usage| self.cost(&usage));
        // Two rounds at most: a reservation that was tried before is smaller than this one, if it took effect.
        loop {
            let Some(missing) = self.reservations().missing(call.step, most) else {
                return Ok(());
            };
            match self.reserve(missing).await {
                Ok(Ok(held)) => self.reservations().hold(call.step, held),
                Ok(Err(exhausted)) => {
                    let text = exhausted.text(&self.payer.limits);
                    return Err(ReserveError::OverBudget { text });
                }
                Err(error) => {
                    tracing::error!(event = "reservation_failed", %error, "a model call was not reserved");
                    return Err(ReserveError::Failed);
                }
            }
        }
    }

    /// Makes the next reservation of the attempt. After an error the same one is made again, because it may have taken
    /// effect.
    async fn reserve(&self, amount: Amount) -> Result<Result<Held, Exhausted>, StoreError> {
        let name = format!("{}#{}", self.name, self.reservations().made());
        let wanted = Wanted {
            user: &self.payer.user,
            name: &name,
            amount,
            limits: &self.payer.limits,
            now: self.clock.unix_seconds(),
            until: self.until,
        };
        let reserved = self.users.reserve(wanted).await?;
        Ok(reserved.map(|reservation| {
            self.reservations().count();
            Held { name, reservation }
        }))
    }

    /// Estimated tokens of the conversation after the last call, whose messages have some `reply` tokens; `None` when the
    /// attempt made no call.
    pub(crate) fn conversation(&self, reply: u64) -> Option<u64> {
        let request = self.reservations().last_request()?;
        Some(request.saturating_sub(self.fixed_tokens) + reply)
    }

    /// Settles the call of a step, if it is not settled.
    pub(crate) async fn settle(&self, step: u32, spent: Spent) {
        let held = self.reservations().remove(step);
        self.replace(held, spent).await;
    }

    /// Settles the calls that are not settled. One that was reserved beside the claim, and that no step took over, was not
    /// made.
    pub(crate) async fn close(&self, spent: Spent) {
        let (prepaid, steps) = self.reservations().remove_all();
        self.replace(prepaid.into_iter().collect(), Spent::Nothing)
            .await;
        for held in steps {
            self.replace(held, spent).await;
        }
    }

    /// Replaces the reservations of a call by what was spent. A failure is logged: the reservation then counts until its
    /// time is over.
    async fn replace(&self, held: Vec<Held>, spent: Spent) {
        if held.is_empty() {
            return;
        }
        let mut booked = self.booked(&held, spent);
        let settle = async {
            for Held { name, reservation } in &held {
                let booked = std::mem::take(&mut booked);
                let user = &self.payer.user;
                self.users.settle(user, name, reservation, booked).await?;
            }
            Ok::<(), StoreError>(())
        };
        match timeout(TIME_LIMIT, settle).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => log_settlement(&error),
            Err(elapsed) => log_settlement(&elapsed),
        }
    }

    /// Amount that is booked for a call with these reservations.
    fn booked(&self, held: &[Held], spent: Spent) -> Amount {
        let tokens: u64 = held.iter().map(|held| held.reservation.amount.tokens).sum();
        let usage = match spent {
            Spent::Nothing => return Amount::default(),
            Spent::Usage(usage) => usage,
            Spent::Request => Usage {
                input_tokens: tokens.saturating_sub(self.max_output_tokens.into()),
                ..Usage::default()
            },
        };
        Amount {
            prompts: self.reservations().book_prompt(),
            ..self.cost(&usage)
        }
    }

    fn cost(&self, usage: &Usage) -> Amount {
        Amount {
            prompts: 0,
            tokens: usage.all_input_tokens() + usage.output_tokens,
            micros: self.price.map_or(0, |price| price.micros(usage)),
        }
    }

    /// Most that a call may cost.
    fn most(&self, input_tokens: u64, max_output_tokens: u32) -> Amount {
        let output_tokens = u64::from(max_output_tokens);
        let micros = |price: Price| price.most_micros(input_tokens, output_tokens);
        Amount {
            prompts: 0,
            tokens: input_tokens + output_tokens,
            micros: self.price.map_or(0, micros),
        }
    }

    fn reservations(&self) -> MutexGuard<'_, Reservations> {
        self.reservations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn log_prepayment(error: &dyn std::error::Error) {
    tracing::warn!(event = "prepayment_failed", %error, "the first step reserves its model call instead");
}

fn log_settlement(error: &dyn std::error::Error) {
    tracing::error!(event = "settlement_failed", %error, "a model call was not settled");
}
