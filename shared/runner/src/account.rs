//! Account of an attempt: reserves what its model calls may cost, and settles what they did cost.
//!
//! A reservation that a dead worker leaves behind counts against the user's limits until its time is over.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

use crate::delivery::Delivery;
use crate::runner::Runner;

/// Key of the reservation that is made beside the claim, when the step is not known yet.
const FIRST: u32 = 0;

/// Time after the end of the invocation for which its reservations count, in seconds.
const GRACE: u64 = 60;

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
    /// Reservations by step.
    open: BTreeMap<u32, Open>,
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
    reserved: Result<Result<(), Exhausted>, StoreError>,
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
        let reserved = account.reserve(FIRST, amount).await;
        Some(Prepaid { account, reserved })
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
        let (account, reserved) = match prepaid {
            Some(Prepaid { account, reserved }) => (Some(account), reserved.unwrap_or(Ok(()))),
            None => {
                let payer = row.payer.as_ref();
                let account = payer.and_then(|payer| Account::open(self, delivery, payer));
                (account, Ok(()))
            }
        };
        if let Some(account) = &account {
            account.state().prompt_counted = !fresh;
        }
        Funds {
            account,
            over_budget: reserved.err().filter(|_| fresh),
        }
    }
}

impl Prepaid {
    /// Releases the reservation, because the delivery executes no run.
    pub(crate) async fn release(&self) {
        self.account.settle(FIRST, Spent::Nothing).await;
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
        match self.reserve(call.step, amount).await {
            Ok(Ok(())) => Ok(()),
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
        let open = &mut self.state().open;
        let first = open.remove(&FIRST);
        first.map(|first| open.insert(step, first)).is_some()
    }

    async fn reserve(
        &self,
        step: u32,
        amount: Amount,
    ) -> Result<Result<(), Exhausted>, StoreError> {
        let name = format!("{}#{step}", self.name);
        let wanted = Wanted {
            user: &self.payer.user,
            name: &name,
            amount,
            limits: &self.payer.limits,
            now: self.clock.unix_seconds(),
            until: self.until,
        };
        Ok(match self.users.reserve(wanted).await? {
            Ok(reservation) => {
                let open = Open { name, reservation };
                self.state().open.insert(step, open);
                Ok(())
            }
            Err(exhausted) => Err(exhausted),
        })
    }

    /// Settles the call of a step. A failure is logged: the reservation then counts until its time is over.
    pub(crate) async fn settle(&self, step: u32, spent: Spent) {
        let (Open { name, reservation }, prompts) = {
            let mut state = self.state();
            let Some(open) = state.open.remove(&step) else {
                return;
            };
            let counts = spent != Spent::Nothing && !state.prompt_counted;
            state.prompt_counted |= counts;
            (open, u64::from(counts))
        };
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

    /// Settles the calls that are not settled. One that was reserved beside the claim, and that no step took over, was not
    /// made.
    pub(crate) async fn close(&self, spent: Spent) {
        let steps: Vec<u32> = self.state().open.keys().copied().collect();
        for step in steps {
            let spent = if step == FIRST { Spent::Nothing } else { spent };
            self.settle(step, spent).await;
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
