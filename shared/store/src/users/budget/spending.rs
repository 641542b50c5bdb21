//! Spending of a user, as a request reads it.

use std::collections::BTreeSet;

use longwire_core::ids::UserId;
use longwire_core::limits::{Exhausted, UserLimits};

use crate::active_threads::ActiveThread;
use crate::error::StoreError;
use crate::item::read;
use crate::users::budget::ledger::Ledger;
use crate::users::budget::{Amount, BUDGET, Used};
use crate::users::{Users, key};

/// Spending of a user, with the reservations.
#[derive(Debug, Clone, Default)]
pub struct Spending(Ledger);

impl Spending {
    /// Limit that does not allow another prompt at `now`, in seconds since 1970.
    pub fn exhausted(&self, limits: &UserLimits, now: u64) -> Option<Exhausted> {
        let least = Amount {
            prompts: 1,
            tokens: 1,
            micros: 1,
        };
        self.0.exhausted(least, limits, now)
    }

    /// Totals that count against each limit of the user at `now`, in seconds since 1970.
    pub fn used(&self, limits: &UserLimits, now: u64) -> Vec<Used> {
        self.0.used(limits, now)
    }

    /// Threads on which the user has started runs, for [`Users::active_threads`].
    pub fn threads(&self) -> &BTreeSet<ActiveThread> {
        &self.0.threads
    }
}

impl Users {
    /// Reads what a user has spent and reserved.
    pub async fn spending(&self, user: &UserId) -> Result<Spending, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(user.as_str(), BUDGET)))
            .consistent_read(true)
            .send()
            .await?;
        let ledger = output.item.map(read::<Ledger>).transpose()?;
        Ok(Spending(ledger.unwrap_or_default()))
    }
}
