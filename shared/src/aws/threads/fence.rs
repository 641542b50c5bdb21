//! Writes of a run by the worker that owns it. Each carries the epoch under which the worker took the
//! run, so a worker that was replaced can write nothing.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use serde_dynamo::aws_sdk_dynamodb_1::to_item;

use super::Threads;
use super::item::{Item, MessageItem};
use super::keys::{self, ThreadKey};
use super::log::LogItem;
use super::take::Came;
use super::transition::{Progress, Transition};
use crate::aws::fault::Fault;
use crate::ids::{ConnectionId, RunId};
use crate::message::{Message, Usage};
use crate::run::{Cursor, RunRow, Status};
use crate::sender::handle::Batch;
use crate::wire::line::Reason;

/// A worker's right to write one run.
#[derive(Debug, Clone)]
pub struct Fence {
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
    pub lines: Option<&'a Batch>,
    /// When the lines are forgotten.
    pub lines_ttl: u64,
    /// What the run cost so far.
    pub usage: Usage,
}

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// Finished, failed or cancelled.
    pub status: Status,
    /// Why it was cancelled.
    pub reason: Option<Reason>,
    /// Now, in seconds since 1970.
    pub at: u64,
}

/// Where a run's watchers stood, and stand for the next worker.
#[derive(Debug, Clone, Copy)]
pub struct Moved<'a> {
    /// As the row has them: whoever attached meanwhile makes the write fail, to be made again.
    pub before: &'a BTreeMap<ConnectionId, Cursor>,
    /// As they are.
    pub now: &'a BTreeMap<ConnectionId, Cursor>,
    /// By when the next worker must have come.
    pub wake_by: u64,
}

/// A step that is void because the worker's time was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The step, counted from 1.
    pub step: u32,
    /// The last line that stands.
    pub keep: u64,
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
    CancelAsked(Reason),
    /// It does not: another worker owns the run, or the run has ended.
    Lost,
}

impl Fence {
    /// Moves the lease to `until`, in seconds since 1970.
    pub async fn renew(&self, until: u64) -> Result<Written, Fault> {
        let owner = self.epoch;
        self.alone(Transition::Renew { owner, until }, |row| {
            row.lease_until == until
        })
        .await
    }

    /// Notes since when nobody watches; `None` when somebody does.
    pub async fn gone_since(&self, since: Option<u64>) -> Result<Written, Fault> {
        let owner = self.epoch;
        self.alone(Transition::Gone { owner, since }, |row| {
            row.gone_since == since
        })
        .await
    }

    /// Lets go of a run of which nothing was done, as it came: whoever comes next may take it.
    pub async fn give_back(&self, came: Came) -> Result<Written, Fault> {
        let owner = self.epoch;
        let waits = came == Came::New;
        self.alone(Transition::GiveBack { owner, waits }, unowned)
            .await
    }

    /// Lets go of a run for the next worker, at a step's end or by cutting one off. With `Fault::Refused` its
    /// watchers were others than `moved.before`: read the row, and do it again.
    pub async fn hand_over(&self, moved: Moved<'_>, cut: Option<Cut>) -> Result<Written, Fault> {
        let owner = self.epoch;
        let transition = match cut {
            None => Transition::HandOver { owner, moved },
            Some(cut) => Transition::Cut { owner, moved, cut },
        };
        match self.write(transition, Vec::new(), unowned).await? {
            None => Ok(Written::Done),
            Some(Some(row)) if row.epoch == self.epoch && !row.free() && !row.status.ended() => {
                Err(Fault::Refused)
            }
            Some(_) => Ok(Written::Lost),
        }
    }

    async fn alone(
        &self,
        transition: Transition<'_>,
        stands: impl Fn(&RunRow) -> bool,
    ) -> Result<Written, Fault> {
        let refused = self.write(transition, Vec::new(), stands).await?;
        Ok(refused.map_or(Written::Done, |_| Written::Lost))
    }

    /// Stores a step.
    pub async fn commit(&self, commit: &Commit<'_>) -> Result<Written, Fault> {
        let transition = Transition::Step {
            owner: self.epoch,
            progress: commit.progress(),
        };
        let stands = |row: &RunRow| commit.stands_in(row);
        let refused = self.write(transition, self.puts(commit)?, stands).await?;
        Ok(refused.map_or(Written::Done, |_| Written::Lost))
    }

    /// Stores the run's end. One that is no cancellation gives way to a cancel that was asked for.
    pub async fn end(&self, commit: &Commit<'_>, end: End) -> Result<Ended, Fault> {
        let transition = Transition::End {
            owner: self.epoch,
            progress: commit.progress(),
            end,
        };
        let stands = |row: &RunRow| row.status == end.status && commit.stands_in(row);
        let Some(found) = self.write(transition, self.puts(commit)?, stands).await? else {
            return Ok(Ended::Done);
        };
        Ok(match found {
            Some(row) if row.epoch == self.epoch && !row.status.ended() => {
                row.cancel_requested.map_or(Ended::Lost, Ended::CancelAsked)
            }
            Some(_) | None => Ended::Lost,
        })
    }

    fn puts(&self, commit: &Commit<'_>) -> Result<Vec<TransactWriteItem>, Fault> {
        let mut puts = Vec::new();
        for &(number, message) in &commit.messages {
            let item = MessageItem::new(message, commit.messages_ttl)?;
            puts.push(self.put(keys::message(self.born, number), to_item(&item)?)?);
        }
        for item in commit
            .lines
            .into_iter()
            .flat_map(|batch| LogItem::split(batch, commit.lines_ttl))
        {
            puts.push(self.put(keys::log(&self.run_id, item.first_seq), to_item(&item)?)?);
        }
        Ok(puts)
    }

    fn put(&self, sort: String, body: Item) -> Result<TransactWriteItem, Fault> {
        let mut item = self.key.item(sort);
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
    ) -> Result<Option<Option<RunRow>>, Fault> {
        let update = transition
            .change()?
            .in_transaction()
            .table_name(&self.threads.table)
            .set_key(Some(self.key.item(keys::run(&self.run_id))));
        items.insert(
            0,
            TransactWriteItem::builder().update(update.build()?).build(),
        );
        match self.threads.transact(&items).await {
            Ok(()) => return Ok(None),
            Err(Fault::Refused) => {}
            Err(fault) => return Err(fault),
        }
        let row = self.threads.run(&self.key, &self.run_id).await?;
        let done = row
            .as_ref()
            .is_some_and(|row| row.epoch == self.epoch && stands(row));
        Ok((!done).then_some(row))
    }
}

fn unowned(row: &RunRow) -> bool {
    row.taken_by.is_none()
}

impl Commit<'_> {
    fn progress(&self) -> Progress {
        Progress {
            usage: self.usage,
            last_seq: self.lines.map(|lines| lines.last),
        }
    }

    fn stands_in(&self, row: &RunRow) -> bool {
        self.lines.is_none_or(|lines| row.last_seq >= lines.last)
    }
}
