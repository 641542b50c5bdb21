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
use crate::aws::retry::with_jitter;
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
    /// The run's end.
    pub end: Option<End>,
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
        self.write(update, Vec::new(), |row| row.lease_until == until)
            .await
    }

    /// Notes since when nobody watches; `None` when somebody does.
    pub async fn gone_since(&self, since: Option<u64>) -> Result<Written, Fault> {
        let update = match since {
            Some(at) => self
                .update("SET goneSince = :since", MINE)
                .expression_attribute_values(":since", n(at)),
            None => self.update("REMOVE goneSince", MINE),
        };
        self.write(update, Vec::new(), |row| row.gone_since == since)
            .await
    }

    /// Stores a step, or the run's end. An end that is no cancellation gives way to one that was asked for.
    pub async fn commit(&self, commit: &Commit<'_>) -> Result<Written, Fault> {
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
        self.write(self.run_update(commit)?, puts, |row| commit.stands_in(row))
            .await
    }

    fn run_update(&self, commit: &Commit<'_>) -> Result<UpdateBuilder, Fault> {
        let mut set = "SET #usage = :usage".to_owned();
        let mut remove = "";
        let mut condition = MINE.to_owned();
        if commit.lines.is_some() {
            set.push_str(", lastSeq = :seq");
        }
        if let Some(end) = &commit.end {
            set.push_str(", #status = :ended, endedAt = :at");
            remove = " REMOVE wakeBy";
            if end.reason.is_some() {
                set.push_str(", reason = :reason");
            }
            if end.status != Status::Cancelled {
                condition.push_str(" AND attribute_not_exists(cancelRequested)");
            }
        }
        let mut update = self
            .update(&(set + remove), &condition)
            .expression_attribute_names("#usage", "usage")
            .expression_attribute_values(":usage", to_attribute_value(commit.usage)?);
        if let Some(lines) = commit.lines {
            update = update.expression_attribute_values(":seq", n(lines.last));
        }
        if let Some(end) = &commit.end {
            update = update
                .expression_attribute_values(":ended", to_attribute_value(end.status)?)
                .expression_attribute_values(":at", n(end.at));
            if let Some(reason) = end.reason {
                update = update.expression_attribute_values(":reason", to_attribute_value(reason)?);
            }
        }
        Ok(update)
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

    /// Sends a transaction under a token, so that repeating it after a lost answer changes nothing. If its
    /// condition fails all the same, the row decides: what was wanted may stand already.
    async fn write(
        &self,
        update: UpdateBuilder,
        mut items: Vec<TransactWriteItem>,
        stands: impl Fn(&RunRow) -> bool,
    ) -> Result<Written, Fault> {
        let update = update.build()?;
        items.insert(0, TransactWriteItem::builder().update(update).build());
        let token = format!("{:032x}", rand::random::<u128>());
        let sent = with_jitter(|| self.threads.transact(items.clone(), &token)).await;
        match sent {
            Ok(()) => Ok(Written::Done),
            Err(Fault::Refused) => Ok(self.judge(stands).await?),
            Err(fault) => Err(fault),
        }
    }

    async fn judge(&self, stands: impl Fn(&RunRow) -> bool) -> Result<Written, Fault> {
        let Some(row) = self.threads.run(&self.key, &self.run_id).await? else {
            return Ok(Written::Lost);
        };
        Ok(match row.cancel_requested {
            _ if row.epoch != self.epoch => Written::Lost,
            _ if stands(&row) => Written::Done,
            Some(reason) if !row.status.ended() => Written::CancelAsked(reason),
            _ => Written::Lost,
        })
    }
}

impl Commit<'_> {
    fn stands_in(&self, row: &RunRow) -> bool {
        let ended = self.end.is_none_or(|end| end.status == row.status);
        ended && self.lines.is_none_or(|lines| row.last_seq >= lines.last)
    }
}
