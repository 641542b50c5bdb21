//! Writes of a run by the worker that owns it. Each is conditional on the epoch of the worker's claim, so a worker
//! that was replaced can write nothing.

use aws_sdk_dynamodb::types::TransactWriteItem;
use longwire_core::event_batch::EventBatch;
use longwire_core::ids::{MessageId, RunId};
use longwire_core::message::{Message, Usage};
use longwire_core::run::{CancelReason, RunEnd, RunRow};
use longwire_core::thread_key::ThreadKey;

use crate::error::StoreError;
use crate::item::s;
use crate::threads::Threads;
use crate::threads::claim::Claim;
use crate::threads::event_log::LogItem;
use crate::threads::keys;
use crate::threads::message_id::{FREE, MessageIdItem};
use crate::threads::messages::MessageItem;
use crate::threads::transact::{Transacted, put_item, update_item};
use crate::threads::transition::{Cut, Fence, HandOver, Progress, Transition};
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

/// Messages and events that one transaction stores, at most 99 items and 4 MB (DynamoDB, "TransactWriteItems").
/// Times are seconds since 1970.
#[derive(Debug, Default)]
pub struct Commit<'a> {
    /// Messages with their numbers in the thread.
    pub messages: Vec<(u64, &'a Message)>,
    /// Number of a message that replaces the one stored before its tool calls ran; no other message replaces one.
    pub replaces: Option<u64>,
    /// Id of the user message among the messages, when its client chose it.
    pub reserved_id: Option<&'a MessageId>,
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

    fn fence(&self) -> Fence<'_> {
        Fence {
            owner: &self.owner,
            epoch: self.epoch,
        }
    }

    /// Moves the expiry of the lease to `until` and, when it is given, the `wakeBy` deadline; both in seconds since 1970.
    pub async fn renew(&self, until: u64, wake_by: Option<u64>) -> Result<Written, StoreError> {
        let renew = Transition::Renew {
            fence: self.fence(),
            until,
            wake_by,
        };
        let stored = |row: &RunRow| row.lease_until == until;
        Ok(self.update(renew, stored).await?.into())
    }

    /// Sets the time since which the run has no subscriber, in seconds since 1970; `None` when it has one again.
    pub async fn set_gone_since(&self, since: Option<u64>) -> Result<Written, StoreError> {
        let fence = self.fence();
        let set = Transition::SetGoneSince { fence, since };
        let stored = |row: &RunRow| row.gone_since == since;
        Ok(self.update(set, stored).await?.into())
    }

    /// Gives back a run with which the worker did nothing, so that any worker may claim it: queued after a fresh
    /// claim, else handed over. `claim` is this worker's claim.
    pub async fn give_back(&self, claim: Claim) -> Result<Written, StoreError> {
        let give_back = Transition::GiveBack {
            fence: self.fence(),
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
        let fence = self.fence();
        let transition = match cut {
            None => Transition::HandOver { fence, moved },
            Some(cut) => Transition::Cut { fence, moved, cut },
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
            fence: self.fence(),
            progress: self.progress(commit),
        };
        let stored = |row: &RunRow| commit.stored_in(row);
        Ok(self.transact(step, commit, stored).await?.into())
    }

    /// Stores the end of the run, at `at` in seconds since 1970. After a cancel request only a cancellation is
    /// stored. Fails as [`RunLease::commit`] does.
    pub async fn end(
        &self,
        commit: &Commit<'_>,
        end: RunEnd,
        at: u64,
    ) -> Result<Ended, StoreError> {
        let transition = Transition::End {
            fence: self.fence(),
            progress: self.progress(commit),
            end,
            at,
        };
        let stored = |row: &RunRow| row.status == end.status() && commit.stored_in(row);
        Ok(match self.transact(transition, commit, stored).await? {
            Outcome::Stored => Ended::Done,
            Outcome::ConditionFailed(Some(row)) if self.holds(&row) => row
                .cancel_requested
                .map_or(Ended::Lost, Ended::CancelRequested),
            Outcome::ConditionFailed(_) => Ended::Lost,
        })
    }

    /// Puts of a commit: messages, the reserved id, events. A message never replaces another one, except one that this
    /// run stored before its tool calls ran.
    fn puts(&self, commit: &Commit<'_>) -> Result<Vec<TransactWriteItem>, StoreError> {
        let mut puts = Vec::new();
        for &(number, message) in &commit.messages {
            let sort = keys::message(self.generation, number);
            let condition = if commit.replaces == Some(number) {
                "attribute_exists(body)"
            } else {
                "attribute_not_exists(body)"
            };
            let put = self
                .threads
                .put(&self.key, sort, MessageItem::new(message)?)?;
            puts.push(put_item(put.condition_expression(condition))?);
        }
        if let (Some(id), Some(&(number, _))) = (commit.reserved_id, commit.messages.first()) {
            puts.push(self.number_message_id(id, number)?);
        }
        let batches = commit.events.into_iter();
        for item in batches.flat_map(|batch| LogItem::split(batch, commit.events_ttl)) {
            let sort = keys::events(&self.run_id, item.first_seq);
            puts.push(put_item(self.threads.put(&self.key, sort, item)?)?);
        }
        Ok(puts)
    }

    /// Put of a reserved message id with the number of its message.
    fn number_message_id(
        &self,
        id: &MessageId,
        number: u64,
    ) -> Result<TransactWriteItem, StoreError> {
        let item = MessageIdItem {
            run_id: self.run_id.clone(),
            number: Some(number),
        };
        let sort = keys::message_id(self.generation, id);
        put_item(
            self.threads
                .put(&self.key, sort, item)?
                .condition_expression(FREE)
                .expression_attribute_values(":run", s(self.run_id.as_str())),
        )
    }

    fn progress(&self, commit: &Commit<'_>) -> Progress {
        Progress {
            usage: commit.usage,
            last_seq: commit.events.map(|events| events.last),
            tip: commit.tip().map(|tip| (self.generation, tip)),
        }
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

    /// Tells whether the messages of a commit are stored: an earlier request took effect.
    async fn has_stored(&self, commit: &Commit<'_>) -> Result<bool, StoreError> {
        for &(number, message) in &commit.messages {
            let sort = keys::message(self.generation, number);
            let stored: Option<MessageItem> = self.threads.get(&self.key, sort).await?;
            if !stored.is_some_and(|stored| stored.holds(message)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn outcome(&self, row: Option<RunRow>, stored: impl Fn(&RunRow) -> bool) -> Outcome {
        match row {
            Some(row) if row.epoch == self.epoch && stored(&row) => Outcome::Stored,
            row => Outcome::ConditionFailed(row.map(Box::new)),
        }
    }
}

fn unowned(row: &RunRow) -> bool {
    row.claimed_by.is_none()
}

impl Commit<'_> {
    /// Number of the last message of the commit.
    pub fn tip(&self) -> Option<u64> {
        self.messages.last().map(|&(number, _)| number)
    }

    /// Tells whether the row says that the commit is stored.
    fn stored_in(&self, row: &RunRow) -> bool {
        let events = self.events.is_none_or(|events| row.last_seq >= events.last);
        events
            && self
                .tip()
                .is_none_or(|last| row.tip.is_some_and(|tip| tip >= last))
    }
}
