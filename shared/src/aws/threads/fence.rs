//! Writes of a run by the worker that owns it. Each carries the epoch under which the worker took the
//! run, so a worker that was replaced can write nothing.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use serde_dynamo::aws_sdk_dynamodb_1::{to_attribute_value, to_item};

use super::item::{Item, MessageItem, n, s};
use super::keys::{self, ThreadKey};
use super::log::LogItem;
use super::{Threads, WAKE_AFTER_LEASE};
use crate::aws::fault::Fault;
use crate::ids::RunId;
use crate::message::{Message, Usage};
use crate::run::{RunRow, Status};
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

/// The condition every write carries.
const MINE: &str = "epoch = :mine AND #status = :running";

impl Fence {
    /// Moves the lease to `until`, in seconds since 1970.
    pub async fn renew(&self, until: u64) -> Result<Written, Fault> {
        let update = self
            .update("SET leaseUntil = :until, wakeBy = :wake", MINE)
            .expression_attribute_values(":until", n(until))
            .expression_attribute_values(":wake", n(until + WAKE_AFTER_LEASE.as_secs()));
        self.alone(update, |row| row.lease_until == until).await
    }

    /// Notes since when nobody watches; `None` when somebody does.
    pub async fn gone_since(&self, since: Option<u64>) -> Result<Written, Fault> {
        let update = match since {
            Some(at) => self
                .update("SET goneSince = :since", MINE)
                .expression_attribute_values(":since", n(at)),
            None => self.update("REMOVE goneSince", MINE),
        };
        self.alone(update, |row| row.gone_since == since).await
    }

    /// Lets go of a run of which nothing was done: it is queued again, and whoever comes next may take it.
    pub async fn give_back(&self) -> Result<Written, Fault> {
        let update = self
            .update("SET #status = :queued, leaseUntil = :over", MINE)
            .expression_attribute_values(":queued", s("queued"))
            .expression_attribute_values(":over", n(0_u32));
        self.alone(update, |row| row.status == Status::Queued).await
    }

    async fn alone(
        &self,
        update: UpdateBuilder,
        stands: impl Fn(&RunRow) -> bool,
    ) -> Result<Written, Fault> {
        let refused = self.write(update, Vec::new(), stands).await?;
        Ok(refused.map_or(Written::Done, |_| Written::Lost))
    }

    /// Stores a step.
    pub async fn commit(&self, commit: &Commit<'_>) -> Result<Written, Fault> {
        let refused = self
            .write(self.run_update(commit)?, self.puts(commit)?, |row| {
                commit.stands_in(row)
            })
            .await?;
        Ok(refused.map_or(Written::Done, |_| Written::Lost))
    }

    /// Stores the run's end. One that is no cancellation gives way to a cancel that was asked for.
    pub async fn end(&self, commit: &Commit<'_>, end: End) -> Result<Ended, Fault> {
        let stands = |row: &RunRow| row.status == end.status && commit.stands_in(row);
        let Some(refused) = self
            .write(self.end_update(commit, end)?, self.puts(commit)?, stands)
            .await?
        else {
            return Ok(Ended::Done);
        };
        Ok(match refused.row {
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

    fn run_update(&self, commit: &Commit<'_>) -> Result<UpdateBuilder, Fault> {
        self.progress(commit, "", "", MINE)
    }

    fn end_update(&self, commit: &Commit<'_>, end: End) -> Result<UpdateBuilder, Fault> {
        let gives_way = format!("{MINE} AND attribute_not_exists(cancelRequested)");
        let condition = if end.status == Status::Cancelled {
            MINE
        } else {
            &gives_way
        };
        let reason = if end.reason.is_some() {
            ", reason = :reason"
        } else {
            ""
        };
        let set = format!(", #status = :ended, endedAt = :at{reason}");
        let update = self
            .progress(commit, &set, " REMOVE wakeBy, #open", condition)?
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":ended", to_attribute_value(end.status)?)
            .expression_attribute_values(":at", n(end.at));
        Ok(match end.reason {
            Some(reason) => {
                update.expression_attribute_values(":reason", to_attribute_value(reason)?)
            }
            None => update,
        })
    }

    /// How far the run has come, and more.
    fn progress(
        &self,
        commit: &Commit<'_>,
        set: &str,
        remove: &str,
        condition: &str,
    ) -> Result<UpdateBuilder, Fault> {
        let seq = if commit.lines.is_some() {
            ", lastSeq = :seq"
        } else {
            ""
        };
        let update = self
            .update(&format!("SET #usage = :usage{seq}{set}{remove}"), condition)
            .expression_attribute_names("#usage", "usage")
            .expression_attribute_values(":usage", to_attribute_value(commit.usage)?);
        Ok(match commit.lines {
            Some(lines) => update.expression_attribute_values(":seq", n(lines.last)),
            None => update,
        })
    }

    fn update(&self, expression: &str, condition: &str) -> UpdateBuilder {
        Update::builder()
            .table_name(&self.threads.table)
            .set_key(Some(self.key.item(keys::run(&self.run_id))))
            .update_expression(expression)
            .condition_expression(condition)
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":mine", n(self.epoch))
            .expression_attribute_values(":running", s("running"))
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
    /// the answer to an earlier try was lost. Returns what stands instead.
    async fn write(
        &self,
        update: UpdateBuilder,
        mut items: Vec<TransactWriteItem>,
        stands: impl Fn(&RunRow) -> bool,
    ) -> Result<Option<Refused>, Fault> {
        let update = update.build()?;
        items.insert(0, TransactWriteItem::builder().update(update).build());
        match self.threads.transact(&items).await {
            Ok(()) => return Ok(None),
            Err(Fault::Refused) => {}
            Err(fault) => return Err(fault),
        }
        let row = self.threads.run(&self.key, &self.run_id).await?;
        let done = row
            .as_ref()
            .is_some_and(|row| row.epoch == self.epoch && stands(row));
        Ok((!done).then_some(Refused { row }))
    }
}

/// A write that does not stand, and the row as it stands instead.
struct Refused {
    row: Option<RunRow>,
}

impl Commit<'_> {
    fn stands_in(&self, row: &RunRow) -> bool {
        self.lines.is_none_or(|lines| row.last_seq >= lines.last)
    }
}
