//! Account of an attempt: reserves what its model calls may cost, and settles what they did cost.
//!
//! A reservation that a dead worker leaves behind counts against the user's limits until its time is over.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use longwire_agent::budget::{ModelCall, NotReserved, Reserve};
use longwire_core::clock::Clock;
use longwire_core::limits::Exhausted;
use longwire_core::message::Usage;
use longwire_core::payment::{Payer, Prepayment};
use longwire_core::price::Price;
use longwire_core::run::RunRow;
use longwire_store::error::StoreError;
use longwire_store::threads::claim::Claim;
use longwire_store::users::Users;
use longwire_store::users::budget::{Amount, Reservation, Wanted};
use tokio::time::timeout;

use crate::delivery::Delivery;
use crate::runner::Runner;

/// Time after the end of the invocation for which its reservations count, in seconds.
const GRACE: u64 = 60;

/// Time limit of the reservation beside the claim. The lease is not renewed meanwhile.
const PREPAY_LIMIT: Duration = Duration::from_secs(1);

/// Account of an attempt.
pub(crate) struct Account {
    users: Users,
    price: Option<Price>,
    payer: Payer,
    /// Beginning of the names of the reservations, which no other attempt has.
    name: String,
    /// Most tokens of a reply.
    max_output_tokens: u64,
    clock: Clock,
    until: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Reservation beside the claim, until a step takes it over.
    prepaid: Option<Open>,
    /// Reservations by step.
    open: BTreeMap<u32, Open>,
    /// Number of reservations that were made.
    made: u32,
    /// An earlier attempt counted the prompt.
    prompt_counted: bool,
}

/// Reservation that is not settled.
struct Open {
    /// Name under which it is stored.
    name: String,
    reservation: Reservation,
}

/// Cost of a model call that is settled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Spent {
    /// That of these tokens.
    Usage(Usage),
    /// That of the request: its reply broke off, and nothing says how much of it there was.
    Request,
    /// None: it was not made.
    Nothing,
}

/// Account with the reservation that was made beside the claim.
pub(crate) struct Prepaid {
    account: Arc<Account>,
    exhausted: Option<Exhausted>,
}

/// What an attempt may spend.
#[derive(Default)]
pub(crate) struct Funds {
    /// Account for the user who pays; `None` for a user without limits.
    pub account: Option<Arc<Account>>,
    /// Limit that does not allow the first model call.
    pub over_budget: Option<Exhausted>,
}

impl Runner {
    /// Reserves the first model call of a job's run; `None` for a user without limits, or a job that does not say who pays.
    pub(crate) async fn prepay(&self, delivery: &Delivery<'_>) -> Option<Prepaid> {
        let Prepayment {
            payer,
            input_tokens,
        } = delivery.job.prepayment.as_ref()?;
        let account = Account::open(self, delivery, payer)?;
        let amount = Amount {
            prompts: 1,
            ..account.most(*input_tokens, self.settings.limits.max_tokens)
        };
        let reserved = timeout(PREPAY_LIMIT, account.reserve(amount)).await;
        let exhausted = match reserved {
            Ok(Ok(Ok(open))) => {
                account.state().prepaid = Some(open);
                None
            }
            Ok(Ok(Err(exhausted))) => Some(exhausted),
            // The first step makes the reservation, under the same name: this one may have taken effect.
            Ok(Err(_)) | Err(_) => None,
        };
        Some(Prepaid { account, exhausted })
    }

    /// What the attempt at a claimed run may spend. A run that an earlier worker began has counted its prompt.
    pub(crate) fn funds(
        &self,
        delivery: &Delivery<'_>,
        row: &RunRow,
        claim: Claim,
        prepaid: Option<Prepaid>,
    ) -> Funds {
        let fresh = claim == Claim::Fresh;
        let (account, exhausted) = match prepaid {
            Some(Prepaid { account, exhausted }) => (Some(account), exhausted),
            None => {
                let payer = row.payer.as_ref();
                let account = payer.and_then(|payer| Account::open(self, delivery, payer));
                (account, None)
            }
        };
        if let Some(account) = &account {
            account.state().prompt_counted = !fresh;
        }
        Funds {
            account,
            over_budget: exhausted.filter(|_| fresh),
        }
    }
}

impl Prepaid {
    /// Releases the reservation, because the delivery executes no run.
    pub(crate) async fn release(&self) {
        self.account.close(Spent::Nothing).await;
    }
}

impl Account {
    /// Opens the account of a delivery; `None` for a user without limits.
    pub(crate) fn open(
        runner: &Runner,
        delivery: &Delivery<'_>,
        payer: &Payer,
    ) -> Option<Arc<Self>> {
        payer.limits.limit_spending().then(|| {
            let run = &delivery.job.run_id;
            Arc::new(Self {
                users: runner.users.clone(),
                price: runner.price,
                payer: payer.clone(),
                name: format!("{run}#{}", delivery.invocation),
                max_output_tokens: runner.settings.limits.max_tokens.into(),
                clock: runner.clock.clone(),
                until: runner.now() + delivery.time_left().as_secs() + GRACE,
                state: Mutex::default(),
            })
        })
    }

    /// Closure with which the agent reserves its model calls.
    pub(crate) fn reserve_calls(self: &Arc<Self>) -> Reserve {
        let account = Arc::clone(self);
        Arc::new(move |call: ModelCall| {
            let account = Arc::clone(&account);
            async move { account.reserve_call(call).await }.boxed()
        })
    }

    async fn reserve_call(&self, call: ModelCall) -> Result<(), NotReserved> {
        if self.payer.limits.micros_per_month.is_some() && self.price.is_none() {
            tracing::error!(
                event = "price_unknown",
                "prices.toml has no price of the model, and a user has a limit of money"
            );
            return Err(NotReserved::NoPrice);
        }
        if self.take_over_first(call.step) {
            return Ok(());
        }
        let amount = Amount {
            prompts: u64::from(!self.state().prompt_counted),
            ..self.most(call.input_tokens, call.max_output_tokens)
        };
        match self.reserve(amount).await {
            Ok(Ok(open)) => {
                self.state().open.insert(call.step, open);
                Ok(())
            }
            Ok(Err(exhausted)) => Err(NotReserved::OverBudget {
                text: exhausted.text(&self.payer.limits),
            }),
            Err(error) => {
                tracing::error!(event = "reservation_failed", %error, "a model call was not reserved");
                Err(NotReserved::Failed)
            }
        }
    }

    /// Makes the reservation beside the claim that of a step. Returns whether there was one.
    fn take_over_first(&self, step: u32) -> bool {
        let mut state = self.state();
        let prepaid = state.prepaid.take();
        let taken = prepaid.map(|open| state.open.insert(step, open));
        taken.is_some()
    }

    /// Makes the next reservation of the attempt. After an error the same one is made again, because it may have taken effect.
    async fn reserve(&self, amount: Amount) -> Result<Result<Open, Exhausted>, StoreError> {
        let name = format!("{}#{}", self.name, self.state().made);
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
            self.state().made += 1;
            Open { name, reservation }
        }))
    }

    /// Settles the call of a step, if it is not settled.
    pub(crate) async fn settle(&self, step: u32, spent: Spent) {
        let open = self.state().open.remove(&step);
        if let Some(open) = open {
            self.replace(open, spent).await;
        }
    }

    /// Replaces a reservation by what was spent. A failure is logged: the reservation then counts until its time is over.
    async fn replace(&self, Open { name, reservation }: Open, spent: Spent) {
        let prompts = u64::from(spent != Spent::Nothing && self.count_prompt());
        let usage = match spent {
            Spent::Usage(usage) => usage,
            Spent::Request => Usage {
                input_tokens: reservation
                    .amount
                    .tokens
                    .saturating_sub(self.max_output_tokens),
                ..Usage::default()
            },
            Spent::Nothing => Usage::default(),
        };
        let spent = Amount {
            prompts,
            ..self.cost(&usage)
        };
        let settled = self
            .users
            .settle(&self.payer.user, &name, &reservation, spent);
        if let Err(error) = settled.await {
            tracing::error!(event = "settlement_failed", %error, "a model call was not settled");
        }
    }

    /// Counts the prompt of the run, once. Returns whether it was not counted before.
    fn count_prompt(&self) -> bool {
        !std::mem::replace(&mut self.state().prompt_counted, true)
    }

    /// Settles the calls that are not settled. One that was reserved beside the claim, and that no step took over, was not
    /// made.
    pub(crate) async fn close(&self, spent: Spent) {
        let (prepaid, open) = {
            let mut state = self.state();
            (state.prepaid.take(), std::mem::take(&mut state.open))
        };
        if let Some(prepaid) = prepaid {
            self.replace(prepaid, Spent::Nothing).await;
        }
        for open in open.into_values() {
            self.replace(open, spent).await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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

    fn cost(&self, usage: &Usage) -> Amount {
        Amount {
            prompts: 0,
            tokens: usage.all_input_tokens() + usage.output_tokens,
            micros: self.price.map_or(0, |price| price.micros(usage)),
        }
    }
}
