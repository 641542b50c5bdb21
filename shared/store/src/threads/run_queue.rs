//! A thread's line: its unfinished runs in order, the first of them active. It lives in the thread's own
//! item and changes only by single conditional writes, each of which tells its writer the new head; twenty
//! prompts at once conflict with nobody.
//!
//! # Why no wake-up can be lost
//!
//! A run needs a message once it is the head, and two writes make it the head: `append` to an empty line, and
//! `advance` (or `leave`, for a start that is taken back) of the run before it. Both change one item, so one comes
//! after the other, and each returns the line as it left it. If the append was first, the other returns the new
//! run as head and its writer sends; if it was second, it found the line empty and sends itself. A writer whose
//! answer got lost asks again and is told the same: where it stands, or who is the head.
//!
//! A writer that dies before it sends leaves a head without a message:
//! - After `advance` the worker's own message was not done with. It comes again, finds the run ended, is told the
//!   head, and sends.
//! - After `append` nobody was told that the run stands. Its client repeats the start, which finds the run in line
//!   and sends; or its `wakeBy` passes, and a sweep or the thread's next prompt sends.
//! - After `leave` the new head's own `wakeBy` passes.
//!
//! A head that has ended, or has no row, has no `wakeBy`. Whoever waits behind it has one, and the sweep sends the
//! head's message, so that a worker advances; if nobody waits, the thread's next prompt does the same, also one
//! that is refused because the thread is busy. A message too many does no harm: the row alone says whether a
//! worker may have the run, and a worker lets go of a run that another stands before. One that stands nowhere takes
//! its place in line before it begins.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Deserialize;

use crate::error::StoreError;
use crate::retry::with_jitter;
use crate::threads::Threads;
use crate::threads::item::{n, s};
use crate::threads::keys;
use crate::threads::update::{Updated, update};
use longwire_core::ids::RunId;
use longwire_core::thread_key::ThreadKey;

/// The most runs in a line, the active one included.
pub const MAX_RUNS: usize = 20;

/// How often a write that lost a race is tried again before it counts as refused.
const ROUNDS: usize = 4;

/// A thread's own item. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    /// When the thread was born, or born again: part of its messages' keys.
    pub born: u64,
    /// Its unfinished runs in order; the first is active.
    #[serde(default, rename = "line")]
    pub run_queue: Vec<RunId>,
    /// The run that was put in line last.
    #[serde(default)]
    pub latest: Option<RunId>,
    /// When that was.
    pub updated_at: u64,
    /// When the thread expires; absent: never.
    #[serde(default)]
    pub ttl: Option<u64>,
}

impl Meta {
    /// The active run.
    pub fn head(&self) -> Option<&RunId> {
        self.run_queue.first()
    }

    fn into_head(self) -> Option<RunId> {
        self.run_queue.into_iter().next()
    }

    /// Whether the thread has expired: the table deletes expired items days late, and this clock alone
    /// decides. A thread with runs in line lives.
    pub fn expired(&self, now: u64) -> bool {
        self.run_queue.is_empty() && self.ttl.is_some_and(|ttl| ttl <= now)
    }

    fn position(&self, run: &RunId) -> Option<usize> {
        self.run_queue.iter().position(|waiting| waiting == run)
    }
}

/// What became of putting a run in line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// It is in line, now or already before.
    At {
        /// Its place: 0 is the active run's.
        position: usize,
        /// The thread as it stands now.
        meta: Meta,
    },
    /// The line has as many runs as it may have, or as the new one puts up with.
    Full(Meta),
}

impl Threads {
    /// The thread as it stands now; an expired one counts as absent.
    pub async fn meta(&self, key: &ThreadKey, now: u64) -> Result<Option<Meta>, StoreError> {
        let meta: Option<Meta> = self.get(key, keys::META.to_owned()).await?;
        Ok(meta.filter(|meta| !meta.expired(now)))
    }

    /// Puts a run at the end of the thread's line, if it is not in it, and if fewer than `most` are before it.
    /// The thread is born with its first run, and again when it has expired; it lives `keep` from `now` on, for
    /// ever with `None`.
    pub async fn append(
        &self,
        key: &ThreadKey,
        run: &RunId,
        most: usize,
        now: u64,
        keep: Option<Duration>,
    ) -> Result<Appended, StoreError> {
        for _ in 0..ROUNDS {
            let in_the_way: Option<Meta> =
                match with_jitter(|| update(self.appending(key, run, most, now, keep))).await? {
                    Updated::Done(meta) => return Ok(standing(meta, run)),
                    Updated::Refused(in_the_way) => in_the_way,
                };
            match in_the_way {
                Some(meta) if meta.expired(now) => {
                    if let Updated::Done(meta) =
                        with_jitter(|| update(self.reborn(key, run, now, keep))).await?
                    {
                        return Ok(standing(meta, run));
                    }
                }
                // Also this very write, when its answer was lost.
                Some(meta) if meta.position(run).is_some() => return Ok(standing(meta, run)),
                Some(meta) if meta.run_queue.len() >= most => return Ok(Appended::Full(meta)),
                Some(_) | None => {}
            }
        }
        Err(StoreError::ConditionFailed)
    }

    /// Takes an ended run off the head of the line and tells the new head. When `run` is not the head,
    /// nothing changes, and the head is told all the same.
    pub async fn advance(&self, key: &ThreadKey, run: &RunId) -> Result<Option<RunId>, StoreError> {
        let meta: Option<Meta> = match with_jitter(|| update(self.removing(key, run, 0))).await? {
            Updated::Done(meta) => Some(meta),
            Updated::Refused(in_the_way) => in_the_way,
        };
        Ok(meta.and_then(Meta::into_head))
    }

    /// Takes a run out of the line, wherever it stands, and tells the head that is left.
    pub async fn leave(&self, key: &ThreadKey, run: &RunId) -> Result<Option<RunId>, StoreError> {
        let mut place = 0;
        for _ in 0..ROUNDS {
            let found: Option<Meta> =
                match with_jitter(|| update(self.removing(key, run, place))).await? {
                    Updated::Done(meta) => return Ok(Meta::into_head(meta)),
                    Updated::Refused(found) => found,
                };
            match found.as_ref().and_then(|meta| meta.position(run)) {
                Some(position) => place = position,
                None => return Ok(found.and_then(Meta::into_head)),
            }
        }
        Err(StoreError::ConditionFailed)
    }

    fn appending(
        &self,
        key: &ThreadKey,
        run: &RunId,
        most: usize,
        now: u64,
        keep: Option<Duration>,
    ) -> UpdateItemFluentBuilder {
        self.storing(key, now, keep, "list_append(if_not_exists(#line, :none), :runs)", "if_not_exists(born, :now)")
            .condition_expression(
                "(attribute_not_exists(#ttl) OR #ttl > :now OR size(#line) > :empty) AND \
                 (attribute_not_exists(#line) OR (NOT contains(#line, :run) AND size(#line) < :max))",
            )
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":runs", AttributeValue::L(vec![s(run.as_str())]))
            .expression_attribute_values(":run", s(run.as_str()))
            .expression_attribute_values(":max", n(most))
            .expression_attribute_values(":empty", n(0_u32))
    }

    /// The former messages keep the former birth in their keys, so the new thread does not see them.
    fn reborn(
        &self,
        key: &ThreadKey,
        run: &RunId,
        now: u64,
        keep: Option<Duration>,
    ) -> UpdateItemFluentBuilder {
        self.storing(key, now, keep, ":runs", ":now")
            .condition_expression(
                "attribute_not_exists(#line) OR (#ttl <= :now AND size(#line) = :empty)",
            )
            .expression_attribute_values(":empty", n(0_u32))
            .expression_attribute_values(":runs", AttributeValue::L(vec![s(run.as_str())]))
            .expression_attribute_values(":run", s(run.as_str()))
    }

    fn storing(
        &self,
        key: &ThreadKey,
        now: u64,
        keep: Option<Duration>,
        line: &str,
        born: &str,
    ) -> UpdateItemFluentBuilder {
        let set = format!("SET #line = {line}, born = {born}, latest = :run, updatedAt = :now");
        let request = self
            .meta_update(key)
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", n(now));
        match keep {
            Some(keep) => request
                .update_expression(format!("{set}, #ttl = :ttl"))
                .expression_attribute_values(":ttl", n(now + keep.as_secs())),
            None => request.update_expression(format!("{set} REMOVE #ttl")),
        }
    }

    fn removing(&self, key: &ThreadKey, run: &RunId, place: usize) -> UpdateItemFluentBuilder {
        self.meta_update(key)
            .update_expression(format!("REMOVE #line[{place}]"))
            .condition_expression(format!("#line[{place}] = :run"))
            .expression_attribute_values(":run", s(run.as_str()))
    }

    fn meta_update(&self, key: &ThreadKey) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::item(key, keys::META)))
            .expression_attribute_names("#line", "line")
    }
}

fn standing(meta: Meta, run: &RunId) -> Appended {
    // A run that was just appended stands last.
    let last = meta.run_queue.len().saturating_sub(1);
    let position = meta.position(run).unwrap_or(last);
    Appended::At { position, meta }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_expires_by_the_clock_unless_runs_are_in_line() {
        let meta = |line: &[&str], ttl| Meta {
            born: 1,
            run_queue: line.iter().map(|run| RunId::trusted(*run)).collect(),
            latest: None,
            updated_at: 1,
            ttl,
        };
        assert!(meta(&[], Some(10)).expired(10));
        assert!(!meta(&[], Some(11)).expired(10));
        assert!(
            !meta(&["r"], Some(10)).expired(10),
            "whoever waits would be forgotten with it"
        );
        assert!(!meta(&[], None).expired(10));
    }
}
