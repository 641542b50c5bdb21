//! Writes of a run by the worker that owns it. Each carries the epoch under which the worker took the
//! run, so a worker that was replaced can write nothing.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use serde_dynamo::aws_sdk_dynamodb_1::to_item;

use crate::error::StoreError;
use crate::threads::Threads;
use crate::threads::claim::Claim;
use crate::threads::item::{Item, MessageItem};
use crate::threads::keys;
use crate::threads::log::LogItem;
use crate::threads::transition::{Cut, End, HandOver, Progress, Transition};
use longwire_core::event_batch::EventBatch;
use longwire_core::ids::RunId;
use longwire_core::message::{Message, Usage};
use longwire_core::run::CancelReason;
use longwire_core::run::RunRow;
use longwire_core::thread_key::ThreadKey;

/// A worker's right to write one run.
#[derive(Debug, Clone)]
pub struct RunLease {
    /// The table.
    pub threads: Threads,
    /// The thread.
    pub key: ThreadKey,
    /// The run.
    pub run_id: RunId,
    /// The epoch this worker took it under.
    pub epoch: u32,
    /// When the thread was born: part of its messages' keys.
    pub born: u64,
}

/// What is stored together, in one transaction.
#[derive(Debug, Default)]
pub struct Commit<'a> {
    /// Messages with their numbers in the thread.
    pub messages: Vec<(u64, &'a Message)>,
    /// When the messages are forgotten, in seconds since 1970; absent: never.
    pub messages_ttl: Option<u64>,
    /// The run's lines since the last commit.
    pub events: Option<&'a EventBatch>,
    /// When the lines are forgotten.
    pub events_ttl: u64,
    /// What the run cost so far.
    pub usage: Usage,
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It stands.
    Done,
    /// It does not: another worker owns the run, or the run has ended.
    Lost,
}

/// What became of a run's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It stands.
    Done,
    /// It does not: somebody asked for a cancel before the run could end otherwise.
    CancelRequested(CancelReason),
    /// It does not: another worker owns the run, or the run has ended.
    Lost,
}

impl RunLease {
    /// Moves the lease to `until`, in seconds since 1970.
    pub async fn renew(&self, until: u64) -> Result<Written, StoreError> {
        let epoch = self.epoch;
        self.alone(Transition::Renew { epoch, until }, |row| {
            row.lease_until == until
        })
        .await
    }

    /// Notes since when nobody watches; `None` when somebody does.
    pub async fn set_gone_since(&self, since: Option<u64>) -> Result<Written, StoreError> {
        let epoch = self.epoch;
        self.alone(Transition::SetGoneSince { epoch, since }, |row| {
            row.gone_since == since
        })
        .await
    }

    /// Lets go of a run of which nothing was done, as it came: whoever comes next may take it.
    pub async fn give_back(&self, came: Claim) -> Result<Written, StoreError> {
        let epoch = self.epoch;
        let waits = came == Claim::Fresh;
        self.alone(Transition::GiveBack { epoch, waits }, unowned)
            .await
    }

    /// Lets go of a run for the next worker, at a step's end or by cutting one off. With `StoreError::ConditionFailed` its
    /// watchers were others than `moved.before`: read the row, and do it again.
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
        match self.write(transition, Vec::new(), unowned).await? {
            None => Ok(Written::Done),
            Some(Some(row))
                if row.epoch == self.epoch && !row.handed_over() && !row.status.ended() =>
            {
                Err(StoreError::ConditionFailed)
            }
            Some(_) => Ok(Written::Lost),
        }
    }

    async fn alone(
        &self,
        transition: Transition<'_>,
        stands: impl Fn(&RunRow) -> bool,
    ) -> Result<Written, StoreError> {
        let refused = self.write(transition, Vec::new(), stands).await?;
        Ok(refused.map_or(Written::Done, |_| Written::Lost))
    }

    /// Stores a step.
    pub async fn commit(&self, commit: &Commit<'_>) -> Result<Written, StoreError> {
        let transition = Transition::Step {
            epoch: self.epoch,
            progress: commit.progress(),
        };
        let stands = |row: &RunRow| commit.stands_in(row);
        let refused = self.write(transition, self.puts(commit)?, stands).await?;
        Ok(refused.map_or(Written::Done, |_| Written::Lost))
    }

    /// Stores the run's end. One that is no cancellation gives way to a cancel that was asked for.
    pub async fn end(&self, commit: &Commit<'_>, end: End) -> Result<Ended, StoreError> {
        let transition = Transition::End {
            epoch: self.epoch,
            progress: commit.progress(),
            end,
        };
        let stands = |row: &RunRow| row.status == end.status && commit.stands_in(row);
        let Some(found) = self.write(transition, self.puts(commit)?, stands).await? else {
            return Ok(Ended::Done);
        };
        Ok(match found {
            Some(row) if row.epoch == self.epoch && !row.status.ended() => row
                .cancel_requested
                .map_or(Ended::Lost, Ended::CancelRequested),
            Some(_) | None => Ended::Lost,
        })
    }

    fn puts(&self, commit: &Commit<'_>) -> Result<Vec<TransactWriteItem>, StoreError> {
        let mut puts = Vec::new();
        for &(number, message) in &commit.messages {
            let item = MessageItem::new(message, commit.messages_ttl)?;
            puts.push(self.put(keys::message(self.born, number), to_item(&item)?)?);
        }
        for item in commit
            .events
            .into_iter()
            .flat_map(|batch| LogItem::split(batch, commit.events_ttl))
        {
            puts.push(self.put(keys::log(&self.run_id, item.first_seq), to_item(&item)?)?);
        }
        Ok(puts)
    }

    fn put(&self, sort: String, body: Item) -> Result<TransactWriteItem, StoreError> {
        let mut item = keys::item(&self.key, sort);
        item.extend(body);
        let put = Put::builder()
            .table_name(&self.threads.table)
            .set_item(Some(item))
            .build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Sends a transaction. If its condition fails, the row decides: what was wanted may stand already, because
    /// the answer to an earlier try was lost. Returns the row that stands instead, if it does not.
    async fn write(
        &self,
        transition: Transition<'_>,
        mut items: Vec<TransactWriteItem>,
        stands: impl Fn(&RunRow) -> bool,
    ) -> Result<Option<Option<RunRow>>, StoreError> {
        let update = transition
            .change()?
            .in_transaction()
            .table_name(&self.threads.table)
            .set_key(Some(keys::item(&self.key, keys::run(&self.run_id))));
        items.insert(
            0,
            TransactWriteItem::builder().update(update.build()?).build(),
        );
        match self.threads.transact(&items).await {
            Ok(()) => return Ok(None),
            Err(StoreError::ConditionFailed) => {}
            Err(fault) => return Err(fault),
        }
        let row = self.threads.run_row(&self.key, &self.run_id).await?;
        let done = row
            .as_ref()
            .is_some_and(|row| row.epoch == self.epoch && stands(row));
        Ok((!done).then_some(row))
    }
}

fn unowned(row: &RunRow) -> bool {
    row.claimed_by.is_none()
}

impl Commit<'_> {
    fn progress(&self) -> Progress {
        Progress {
            usage: self.usage,
            last_seq: self.events.map(|lines| lines.last),
        }
    }

    fn stands_in(&self, row: &RunRow) -> bool {
        self.events.is_none_or(|lines| row.last_seq >= lines.last)
    }
}
