//! Writes of a run by the worker that owns it. Each is conditional on the epoch of the worker's claim, so a worker
//! that was replaced can write nothing.

use aws_sdk_dynamodb::types::TransactWriteItem;
use longwire_core::event_batch::EventBatch;
use longwire_core::ids::RunId;
use longwire_core::message::{Message, Usage};
use longwire_core::run::{CancelReason, RunEnd, RunRow};
use longwire_core::thread_key::ThreadKey;

use crate::error::StoreError;
use crate::threads::Threads;
use crate::threads::claim::Claim;
use crate::threads::event_log::LogItem;
use crate::threads::keys;
use crate::threads::messages::MessageItem;
use crate::threads::transact::{put_item, update_item};
use crate::threads::transition::{Cut, HandOver, Progress, Transition};

/// Right of a worker to write one run.
#[derive(Debug, Clone)]
pub struct RunLease {
    /// Table of the run.
    pub threads: Threads,
    /// Thread of the run.
    pub key: ThreadKey,
    /// Run that the worker claimed.
    pub run_id: RunId,
    /// Epoch of the claim.
    pub epoch: u32,
    /// Birth of the thread, in seconds since 1970: part of its messages' keys.
    pub born: u64,
}

/// Messages and events that one transaction stores, at most 99 items and 4 MB (DynamoDB, "TransactWriteItems").
/// Times are seconds since 1970.
#[derive(Debug, Default)]
pub struct Commit<'a> {
    /// Messages with their numbers in the thread.
    pub messages: Vec<(u64, &'a Message)>,
    /// Expiry of the messages; `None` for messages without one.
    pub messages_ttl: Option<u64>,
    /// Events since the last commit; `None` when there are none.
    pub events: Option<&'a EventBatch>,
    /// Expiry of the events.
    pub events_ttl: u64,
    /// Tokens that the run used so far.
    pub usage: Usage,
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
    /// No effect: another worker owns the run, or the run has ended.
    Lost,
}

/// Outcome of a transaction under a lease.
enum Transacted {
    /// The transaction took effect, now or at an earlier request whose response was lost.
    Stored,
    /// The condition on the row failed; the current row, if there is one.
    ConditionFailed(Option<Box<RunRow>>),
}

impl From<Transacted> for Written {
    fn from(transacted: Transacted) -> Self {
        match transacted {
            Transacted::Stored => Self::Done,
            Transacted::ConditionFailed(_) => Self::Lost,
        }
    }
}

impl RunLease {
    /// Moves the expiry of the lease to `until`, in seconds since 1970.
    pub async fn renew(&self, until: u64) -> Result<Written, StoreError> {
        let epoch = self.epoch;
        let renew = Transition::Renew { epoch, until };
        let stored = |row: &RunRow| row.lease_until == until;
        Ok(self.transact(renew, Vec::new(), stored).await?.into())
    }

    /// Sets the time since which the run has no subscriber, in seconds since 1970; `None` when it has one again.
    pub async fn set_gone_since(&self, since: Option<u64>) -> Result<Written, StoreError> {
        let epoch = self.epoch;
        let set = Transition::SetGoneSince { epoch, since };
        let stored = |row: &RunRow| row.gone_since == since;
        Ok(self.transact(set, Vec::new(), stored).await?.into())
    }

    /// Gives back a run with which the worker did nothing, so that any worker may claim it: queued after a fresh
    /// claim, else handed over. `claim` is this worker's claim.
    pub async fn give_back(&self, claim: Claim) -> Result<Written, StoreError> {
        let give_back = Transition::GiveBack {
            epoch: self.epoch,
            to_queued: claim == Claim::Fresh,
        };
        Ok(self.transact(give_back, Vec::new(), unowned).await?.into())
    }

    /// Hands a run over to the next worker, after a step or, with `cut`, within one. Fails with
    /// [`StoreError::ConditionFailed`] when the row has other subscribers than `moved.before`: read the row and call
    /// again.
    pub async fn hand_over(
        &self,
        moved: HandOver<'_>,
        cut: Option<Cut>,
    ) -> Result<Written, StoreError> {
        let epoch = self.epoch;
        let transition = match cut {
            None => Transition::HandOver { epoch, moved },
            Some(cut) => Transition::Cut { epoch, moved, cut },
        };
        match self.transact(transition, Vec::new(), unowned).await? {
            Transacted::ConditionFailed(Some(row))
                if row.epoch == self.epoch && !row.handed_over() && !row.status.ended() =>
            {
                Err(StoreError::ConditionFailed)
            }
            transacted => Ok(transacted.into()),
        }
    }

    /// Stores a step.
    pub async fn commit(&self, commit: &Commit<'_>) -> Result<Written, StoreError> {
        let step = Transition::Step {
            epoch: self.epoch,
            progress: commit.progress(),
        };
        let stored = |row: &RunRow| commit.stored_in(row);
        let transacted = self.transact(step, self.puts(commit)?, stored).await?;
        Ok(transacted.into())
    }

    /// Stores the end of the run, at `at` in seconds since 1970. After a cancel request only a cancellation is
    /// stored.
    pub async fn end(
        &self,
        commit: &Commit<'_>,
        end: RunEnd,
        at: u64,
    ) -> Result<Ended, StoreError> {
        let transition = Transition::End {
            epoch: self.epoch,
            progress: commit.progress(),
            end,
            at,
        };
        let stored = |row: &RunRow| row.status == end.status() && commit.stored_in(row);
        let puts = self.puts(commit)?;
        Ok(match self.transact(transition, puts, stored).await? {
            Transacted::Stored => Ended::Done,
            Transacted::ConditionFailed(Some(row))
                if row.epoch == self.epoch && !row.status.ended() =>
            {
                row.cancel_requested
                    .map_or(Ended::Lost, Ended::CancelRequested)
            }
            Transacted::ConditionFailed(_) => Ended::Lost,
        })
    }

    fn puts(&self, commit: &Commit<'_>) -> Result<Vec<TransactWriteItem>, StoreError> {
        let mut puts = Vec::new();
        for &(number, message) in &commit.messages {
            let item = MessageItem::new(message, commit.messages_ttl)?;
            let sort = keys::message(self.born, number);
            puts.push(put_item(self.threads.put(&self.key, sort, item)?)?);
        }
        let batches = commit.events.into_iter();
        for item in batches.flat_map(|batch| LogItem::split(batch, commit.events_ttl)) {
            let sort = keys::events(&self.run_id, item.first_seq);
            puts.push(put_item(self.threads.put(&self.key, sort, item)?)?);
        }
        Ok(puts)
    }

    /// Writes a transition and `puts` in one transaction. When its condition fails, the row is read: `stored` tells
    /// whether an earlier request, whose response was lost, took effect.
    async fn transact(
        &self,
        transition: Transition<'_>,
        puts: Vec<TransactWriteItem>,
        stored: impl Fn(&RunRow) -> bool,
    ) -> Result<Transacted, StoreError> {
        let update = transition
            .expression()?
            .into_transaction()
            .table_name(&self.threads.table)
            .set_key(Some(keys::item(&self.key, keys::run(&self.run_id))));
        let mut items = vec![update_item(update)?];
        items.extend(puts);
        match self.threads.transact(&items).await {
            Ok(()) => return Ok(Transacted::Stored),
            Err(StoreError::ConditionFailed) => {}
            Err(error) => return Err(error),
        }
        let row = self.threads.run_row(&self.key, &self.run_id).await?;
        Ok(match row {
            Some(row) if row.epoch == self.epoch && stored(&row) => Transacted::Stored,
            row => Transacted::ConditionFailed(row.map(Box::new)),
        })
    }
}

fn unowned(row: &RunRow) -> bool {
    row.claimed_by.is_none()
}

impl Commit<'_> {
    fn progress(&self) -> Progress {
        Progress {
            usage: self.usage,
            last_seq: self.events.map(|events| events.last),
        }
    }

    fn stored_in(&self, row: &RunRow) -> bool {
        self.events.is_none_or(|events| row.last_seq >= events.last)
    }
}
