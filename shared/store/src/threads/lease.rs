//! Writes of a run by the worker that owns it. Each is conditional on the epoch of the worker's claim, so a worker
//! that was replaced can write nothing.

use longwire_core::ids::RunId;
use longwire_core::pending::Pending;
use longwire_core::run::{CancelReason, RunEnd, RunRow};
use longwire_core::thread_key::ThreadKey;

use crate::error::StoreError;
use crate::threads::Threads;
use crate::threads::claim::Claim;
use crate::threads::commit::Commit;
use crate::threads::hand_over::{Cut, HandOver};
use crate::threads::keys;
use crate::threads::transition::{LeaseHolder, Transition};
use crate::transact::{Transacted, update_item};
use crate::update::Updated;

/// Right of a worker to write one run.
#[derive(Debug, Clone)]
pub struct RunLease {
    /// Table of the run.
    pub threads: Threads,
    /// Thread of the run.
    pub key: ThreadKey,
    /// Run that the worker claimed.
    pub run_id: RunId,
    /// Id of the worker's invocation.
    pub owner: String,
    /// Epoch of the claim.
    pub epoch: u32,
    /// Generation of the thread: part of the keys of its messages.
    pub generation: u64,
}

/// Outcome of a write under a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// The write took effect.
    Done,
    /// No effect: another worker owns the run, or the run has ended.
    Lost,
}

/// Outcome of ending a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The end is stored.
    Done,
    /// No effect: a cancellation was requested before.
    CancelRequested(CancelReason),
    /// No effect: the run has accepted this number of texts, and others than the commit says are stored.
    TextsWait(u32),
    /// No effect: another worker owns the run, or the run has ended.
    Lost,
}

/// Outcome of a write under a lease.
enum Outcome {
    /// The write took effect, now or at an earlier request whose response was lost.
    Stored,
    /// The condition on the row failed; the current row, if there is one.
    ConditionFailed(Option<Box<RunRow>>),
}

impl From<Outcome> for Written {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Stored => Self::Done,
            Outcome::ConditionFailed(_) => Self::Lost,
        }
    }
}

impl RunLease {
    /// Tells whether a row is still that of this claim: no other worker claimed the run, and it has not ended.
    pub fn holds(&self, row: &RunRow) -> bool {
        row.epoch == self.epoch
            && row.claimed_by.as_deref() == Some(&self.owner)
            && !row.status.ended()
    }

    /// Tells whether a row may be as this worker left it. The end of a run keeps its owner; a release removes it.
    fn wrote(&self, row: &RunRow) -> bool {
        let owner = row.claimed_by.as_deref();
        row.epoch == self.epoch && owner.is_none_or(|owner| owner == self.owner)
    }

    fn holder(&self) -> LeaseHolder<'_> {
        LeaseHolder {
            owner: &self.owner,
            epoch: self.epoch,
        }
    }

    /// Moves the expiry of the lease to `until` and, when it is given, the `wakeBy` deadline; both in seconds since 1970.
    pub async fn renew(&self, until: u64, wake_by: Option<u64>) -> Result<Written, StoreError> {
        let renew = Transition::Renew {
            holder: self.holder(),
            until,
            wake_by,
        };
        let stored = |row: &RunRow| row.lease_until == until;
        Ok(self.update(renew, stored).await?.into())
    }

    /// Sets the time since which the run has no subscriber, in seconds since 1970; `None` when it has one again.
    pub async fn set_gone_since(&self, since: Option<u64>) -> Result<Written, StoreError> {
        let holder = self.holder();
        let set = Transition::SetGoneSince { holder, since };
        let stored = |row: &RunRow| row.gone_since == since;
        Ok(self.update(set, stored).await?.into())
    }

    /// Gives back a run with which the worker did nothing, so that any worker may claim it: queued after a fresh
    /// claim, else handed over. `claim` is this worker's claim.
    pub async fn give_back(&self, claim: Claim) -> Result<Written, StoreError> {
        let give_back = Transition::GiveBack {
            holder: self.holder(),
            to_queued: claim == Claim::Fresh,
        };
        Ok(self.update(give_back, unowned).await?.into())
    }

    /// Hands a run over to the next worker, after a step or, with `cut`, within one. Fails with
    /// [`StoreError::ConditionFailed`] when the row has other subscribers than `moved.before`: read the row and call
    /// again.
    pub async fn hand_over(
        &self,
        moved: HandOver<'_>,
        cut: Option<Cut>,
    ) -> Result<Written, StoreError> {
        let holder = self.holder();
        let transition = match cut {
            None => Transition::HandOver { holder, moved },
            Some(cut) => Transition::Cut { holder, moved, cut },
        };
        match self.update(transition, unowned).await? {
            Outcome::ConditionFailed(Some(row)) if self.holds(&row) => {
                Err(StoreError::ConditionFailed)
            }
            outcome => Ok(outcome.into()),
        }
    }

    /// Stores a step. Fails with [`StoreError::MessageExists`] when another run has stored a message of the same number.
    pub async fn commit(&self, commit: &Commit<'_>) -> Result<Written, StoreError> {
        let step = Transition::Step {
            holder: self.holder(),
            progress: self.progress(commit),
        };
        let stored = |row: &RunRow| commit.stored_in(row);
        Ok(self.transact(step, commit, stored).await?.into())
    }

    /// Stores the end of the run, at `at` in seconds since 1970, and the calls that its client makes. After a cancel request only
    /// a cancellation is stored, and no end while the run has texts that are not stored as messages. Fails as
    /// [`RunLease::commit`] does.
    pub async fn end(
        &self,
        commit: &Commit<'_>,
        end: RunEnd,
        pending: Option<&Pending>,
        at: u64,
    ) -> Result<Ended, StoreError> {
        let transition = Transition::End {
            holder: self.holder(),
            progress: self.progress(commit),
            end,
            pending,
            at,
        };
        let stored = |row: &RunRow| row.status == end.status() && commit.stored_in(row);
        Ok(match self.transact(transition, commit, stored).await? {
            Outcome::Stored => Ended::Done,
            Outcome::ConditionFailed(Some(row)) if self.holds(&row) => {
                let cancelled = matches!(end, RunEnd::Cancelled(_));
                match row.cancel_requested.filter(|_| !cancelled) {
                    Some(reason) => Ended::CancelRequested(reason),
                    None if commit.steered.is_some_and(|known| known != row.steers) => {
                        Ended::TextsWait(row.steers)
                    }
                    None => Ended::Lost,
                }
            }
            Outcome::ConditionFailed(_) => Ended::Lost,
        })
    }

    /// Writes a transition. When its condition fails, `stored` tells whether an earlier request, whose response was
    /// lost, took effect.
    async fn update(
        &self,
        transition: Transition<'_>,
        stored: impl Fn(&RunRow) -> bool,
    ) -> Result<Outcome, StoreError> {
        let applied = self.threads.apply(&self.key, &self.run_id, transition);
        Ok(match applied.await? {
            Updated::Done(_) => Outcome::Stored,
            Updated::ConditionFailed(row) => self.outcome(row, stored),
        })
    }

    /// Writes a transition and the items of a commit in one transaction. When a condition fails, the item is read, and
    /// `stored` tells whether an earlier request, whose response was lost, took effect.
    async fn transact(
        &self,
        transition: Transition<'_>,
        commit: &Commit<'_>,
        stored: impl Fn(&RunRow) -> bool,
    ) -> Result<Outcome, StoreError> {
        let update = transition
            .expression()?
            .into_transaction()
            .table_name(&self.threads.table)
            .set_key(Some(keys::item(&self.key, keys::run(&self.run_id))));
        let mut items = vec![update_item(update)?];
        items.extend(self.puts(commit)?);
        match self.threads.transact(&items).await? {
            Transacted::Done => Ok(Outcome::Stored),
            Transacted::ConditionFailed { first: 0 } => {
                let row = self.threads.run_row(&self.key, &self.run_id).await?;
                Ok(self.outcome(row, stored))
            }
            Transacted::ConditionFailed { .. } if self.has_stored(commit).await? => {
                Ok(Outcome::Stored)
            }
            Transacted::ConditionFailed { first } if first <= commit.messages.len() => {
                Err(StoreError::MessageExists)
            }
            Transacted::ConditionFailed { .. } => Err(StoreError::MessageIdTaken),
        }
    }

    fn outcome(&self, row: Option<RunRow>, stored: impl Fn(&RunRow) -> bool) -> Outcome {
        match row {
            Some(row) if self.wrote(&row) && stored(&row) => Outcome::Stored,
            row => Outcome::ConditionFailed(row.map(Box::new)),
        }
    }
}

fn unowned(row: &RunRow) -> bool {
    row.claimed_by.is_none()
}
