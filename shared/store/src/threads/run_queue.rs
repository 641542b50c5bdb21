//! Run queue of a thread: its unfinished runs in order, the first of them active.
//!
//! The queue is a list in the thread's own item. Each change is one conditional write that returns the queue after
//! it, so its writer learns the head, and concurrent appends do not make each other fail. The documentation of the
//! crate `longwire-scheduler` explains why no wake-up is lost.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use longwire_core::ids::RunId;
use longwire_core::thread_key::ThreadKey;
use serde::Deserialize;

use crate::error::StoreError;
use crate::item::{n, s};
use crate::threads::Threads;
use crate::threads::keys;
use crate::update::{MAX_ROUNDS, Updated, update};

/// Most runs in a run queue, the active one included.
pub const MAX_RUNS: usize = 20;

/// Item of a thread. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    /// Birth of the thread: the time of its first run, or of the first one after it expired. Part of its messages'
    /// keys.
    pub born: u64,
    /// Unfinished runs in order; the first is active.
    #[serde(default, rename = "line")]
    pub run_queue: Vec<RunId>,
    /// Run that was appended last.
    #[serde(default)]
    pub latest: Option<RunId>,
    /// Time of that append.
    pub updated_at: u64,
    /// Expiry of the thread; `None` for a thread without one.
    #[serde(default)]
    pub ttl: Option<u64>,
}

impl Meta {
    /// Active run.
    pub fn head(&self) -> Option<&RunId> {
        self.run_queue.first()
    }

    fn into_head(self) -> Option<RunId> {
        self.run_queue.into_iter().next()
    }

    /// Tells whether the thread is expired at `now`. DynamoDB deletes expired items days late, so only this
    /// comparison decides. A thread with a run in its queue does not expire.
    pub fn expired(&self, now: u64) -> bool {
        self.run_queue.is_empty() && self.ttl.is_some_and(|ttl| ttl <= now)
    }

    fn position(&self, run_id: &RunId) -> Option<usize> {
        self.run_queue.iter().position(|queued| queued == run_id)
    }
}

/// Outcome of appending a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// The run is in the queue, from this append or an earlier one.
    At {
        /// Position of the run; 0 is the active run.
        position: usize,
        /// Thread after the append.
        meta: Meta,
    },
    /// The queue has as many runs as the append allows. The run is not in it.
    Full(Meta),
}

impl Appended {
    fn at(meta: Meta, run_id: &RunId) -> Self {
        // An append returns the run as the last one.
        let last = meta.run_queue.len().saturating_sub(1);
        let position = meta.position(run_id).unwrap_or(last);
        Self::At { position, meta }
    }
}

impl Threads {
    /// Reads the thread's own item consistently. A thread that is expired at `now`, in seconds since 1970, counts as
    /// absent.
    pub async fn meta(&self, key: &ThreadKey, now: u64) -> Result<Option<Meta>, StoreError> {
        let meta: Option<Meta> = self.get(key, keys::META.to_owned()).await?;
        Ok(meta.filter(|meta| !meta.expired(now)))
    }

    /// Appends a run to the thread's run queue, unless it is in the queue or `max` or more runs are. The first run
    /// creates the thread, and so does the first one after its expiry. The append moves the expiry to `keep` after
    /// `now`, in seconds since 1970; with `None` the thread does not expire. Fails with
    /// [`StoreError::ConditionFailed`] when other writers change the queue four times meanwhile.
    pub async fn append(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        max: usize,
        now: u64,
        keep: Option<Duration>,
    ) -> Result<Appended, StoreError> {
        for _ in 0..MAX_ROUNDS {
            let append = self.append_request(key, run_id, max, now, keep);
            let meta: Option<Meta> = match update(append).await? {
                Updated::Done(meta) => return Ok(Appended::at(meta, run_id)),
                Updated::ConditionFailed(meta) => meta,
            };
            match meta {
                Some(meta) if meta.expired(now) => {
                    let recreate = self.recreate_request(key, run_id, now, keep);
                    if let Updated::Done(meta) = update(recreate).await? {
                        return Ok(Appended::at(meta, run_id));
                    }
                }
                // An earlier append, or the first request of this one when its response was lost.
                Some(meta) if meta.position(run_id).is_some() => {
                    return Ok(Appended::at(meta, run_id));
                }
                Some(meta) if meta.run_queue.len() >= max => return Ok(Appended::Full(meta)),
                Some(_) | None => {}
            }
        }
        Err(StoreError::ConditionFailed)
    }

    /// Removes an ended run from the head of the run queue and returns the new head. When the run is not the head,
    /// nothing changes, and the current head is returned.
    pub async fn advance(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
    ) -> Result<Option<RunId>, StoreError> {
        let remove = self.remove_request(key, run_id, 0);
        let meta: Option<Meta> = match update(remove).await? {
            Updated::Done(meta) => Some(meta),
            Updated::ConditionFailed(meta) => meta,
        };
        Ok(meta.and_then(Meta::into_head))
    }

    /// Removes a run from the run queue, at any position, and returns the head that is left. Fails with
    /// [`StoreError::ConditionFailed`] when the position of the run changes four times meanwhile.
    pub async fn leave(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
    ) -> Result<Option<RunId>, StoreError> {
        let mut position = 0;
        for _ in 0..MAX_ROUNDS {
            let remove = self.remove_request(key, run_id, position);
            let meta: Option<Meta> = match update(remove).await? {
                Updated::Done(meta) => return Ok(Meta::into_head(meta)),
                Updated::ConditionFailed(meta) => meta,
            };
            match meta.as_ref().and_then(|meta| meta.position(run_id)) {
                Some(current) => position = current,
                None => return Ok(meta.and_then(Meta::into_head)),
            }
        }
        Err(StoreError::ConditionFailed)
    }

    fn append_request(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        max: usize,
        now: u64,
        keep: Option<Duration>,
    ) -> UpdateItemFluentBuilder {
        let queue = "list_append(if_not_exists(#line, :none), :runs)";
        self.write_request(key, run_id, now, keep, queue, "if_not_exists(born, :now)")
            .condition_expression(
                "(attribute_not_exists(#ttl) OR #ttl > :now OR size(#line) > :empty) AND \
                 (attribute_not_exists(#line) OR (NOT contains(#line, :run) AND size(#line) < :max))",
            )
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":max", n(max))
    }

    /// Creates an expired thread anew. Messages from before have the former birth in their keys, so the new thread
    /// does not contain them.
    fn recreate_request(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        now: u64,
        keep: Option<Duration>,
    ) -> UpdateItemFluentBuilder {
        self.write_request(key, run_id, now, keep, ":runs", ":now")
            .condition_expression(
                "attribute_not_exists(#line) OR (#ttl <= :now AND size(#line) = :empty)",
            )
    }

    /// Prepares a write of the thread's item, without its condition, from the expressions of the new queue and of
    /// the birth.
    fn write_request(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        now: u64,
        keep: Option<Duration>,
        queue: &str,
        born: &str,
    ) -> UpdateItemFluentBuilder {
        let set = format!("SET #line = {queue}, born = {born}, latest = :run, updatedAt = :now");
        let request = self
            .meta_request(key, run_id)
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":runs", AttributeValue::L(vec![s(run_id.as_str())]))
            .expression_attribute_values(":now", n(now))
            .expression_attribute_values(":empty", n(0_u32));
        match keep {
            Some(keep) => request
                .update_expression(format!("{set}, #ttl = :ttl"))
                .expression_attribute_values(":ttl", n(now + keep.as_secs())),
            None => request.update_expression(format!("{set} REMOVE #ttl")),
        }
    }

    fn remove_request(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        position: usize,
    ) -> UpdateItemFluentBuilder {
        self.meta_request(key, run_id)
            .update_expression(format!("REMOVE #line[{position}]"))
            .condition_expression(format!("#line[{position}] = :run"))
    }

    fn meta_request(&self, key: &ThreadKey, run_id: &RunId) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::item(key, keys::META)))
            .expression_attribute_names("#line", "line")
            .expression_attribute_values(":run", s(run_id.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_expires_by_the_clock_unless_its_run_queue_has_runs() {
        let meta = |queue: &[&str], ttl| Meta {
            born: 1,
            run_queue: queue.iter().map(|id| RunId::trusted(*id)).collect(),
            latest: None,
            updated_at: 1,
            ttl,
        };
        assert!(meta(&[], Some(10)).expired(10));
        assert!(!meta(&[], Some(11)).expired(10));
        assert!(
            !meta(&["r"], Some(10)).expired(10),
            "the queued run would be lost"
        );
        assert!(!meta(&[], None).expired(10));
    }
}
