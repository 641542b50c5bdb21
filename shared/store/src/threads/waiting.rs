//! Thread that waits for results of its client's tools: the only place that changes what it waits for once its run has
//! ended. The advance of that run sets it, in the same write that removes the run from the queue.
//!
//! The thread's own item is listed in the index of open runs meanwhile, so that the sweep finds a wait that has expired.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use longwire_core::ids::{CallId, RunId};
use longwire_core::pending::Pending;
use longwire_core::thread_key::ThreadKey;

use crate::error::StoreError;
use crate::item::{n, s};
use crate::threads::Threads;
use crate::threads::life::ThreadLife;
use crate::threads::meta::Meta;
use crate::update::{Updated, update};

/// Removal of a wait, and of its place in the index of open runs, in an update expression. DynamoDB reserves the word "open".
const REMOVE: &str = "REMOVE #pending, #open, wakeBy";

/// Call that has its result.
#[derive(Debug, Clone, Copy)]
pub struct Settle<'a> {
    /// Generation of the thread.
    pub generation: u64,
    /// What the thread waits for, as it was read.
    pub pending: &'a Pending,
    /// Call.
    pub call_id: &'a CallId,
}

/// Outcome of ending a wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitEnd {
    /// The wait ended by this request. After a lost response that is not known.
    pub ended: bool,
    /// Thread after the request.
    pub meta: Option<Meta>,
}

/// Run that follows the last result. Its row and input are stored.
#[derive(Debug, Clone, Copy)]
pub struct Next<'a> {
    /// Id of the run.
    pub run_id: &'a RunId,
    /// Time at which the run was recorded, in milliseconds since 1970: not before that of the thread.
    pub recorded_at: u64,
    /// Current time, in seconds since 1970.
    pub now: u64,
    /// Lifetime of threads.
    pub life: ThreadLife,
}

impl Threads {
    /// Removes a call from what the thread waits for, while it waits for others too. Returns the thread after it; `None` when
    /// the thread waits for something else meanwhile.
    pub async fn settle_call(
        &self,
        key: &ThreadKey,
        settle: Settle<'_>,
    ) -> Result<Option<Meta>, StoreError> {
        let request = self
            .settle_request(key, settle, "size(#pending.#calls) > :one")
            .update_expression("REMOVE #pending.#calls.#call");
        done(update(request).await?)
    }

    /// Removes the last call that the thread waits for, and puts the run that follows before the runs in its queue. Returns
    /// the thread after it; `None` when the thread waits for something else meanwhile, or knows a later run than this one.
    pub async fn settle_last_call(
        &self,
        key: &ThreadKey,
        settle: Settle<'_>,
        next: Next<'_>,
    ) -> Result<Option<Meta>, StoreError> {
        let condition = "size(#pending.#calls) = :one AND \
                         (attribute_not_exists(recordedAt) OR recordedAt <= :recordedAt)";
        let sets = "#line = list_append(:runs, if_not_exists(#line, :none)), latest = :run, updatedAt = :now, \
                    recordedAt = :recordedAt";
        let request = self
            .settle_request(key, settle, condition)
            .expression_attribute_names("#open", "open")
            .expression_attribute_names("#line", "line")
            .expression_attribute_values(":run", s(next.run_id.as_str()))
            .expression_attribute_values(":runs", AttributeValue::L(vec![s(next.run_id.as_str())]))
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":now", n(next.now))
            .expression_attribute_values(":recordedAt", n(next.recorded_at));
        let request = match next.life.busy(next.now) {
            Some(ttl) => request
                .update_expression(format!("SET {sets}, #ttl = :ttl {REMOVE}"))
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":ttl", n(ttl)),
            None => request.update_expression(format!("SET {sets} {REMOVE}")),
        };
        match update(request).await? {
            Updated::Done(meta) => Ok(Some(meta)),
            // After a lost response the first request took effect.
            Updated::ConditionFailed(meta) => {
                Ok(meta.filter(|meta: &Meta| meta.head() == Some(next.run_id)))
            }
        }
    }

    /// Ends the wait for the results of a run's calls.
    pub async fn end_wait(&self, key: &ThreadKey, run_id: &RunId) -> Result<WaitEnd, StoreError> {
        let request = self
            .update_meta(key)
            .update_expression(REMOVE)
            .condition_expression("#pending.#run = :asked")
            .expression_attribute_names("#pending", "pending")
            .expression_attribute_names("#run", "run")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":asked", s(run_id.as_str()));
        Ok(match update(request).await? {
            Updated::Done(meta) => WaitEnd {
                ended: true,
                meta: Some(meta),
            },
            Updated::ConditionFailed(meta) => WaitEnd { ended: false, meta },
        })
    }

    fn settle_request(
        &self,
        key: &ThreadKey,
        settle: Settle<'_>,
        condition: &str,
    ) -> UpdateItemFluentBuilder {
        self.update_meta(key)
            .condition_expression(format!(
                "born = :generation AND #pending.#run = :asked AND attribute_exists(#pending.#calls.#call) AND {condition}"
            ))
            .expression_attribute_names("#pending", "pending")
            .expression_attribute_names("#run", "run")
            .expression_attribute_names("#calls", "calls")
            .expression_attribute_names("#call", settle.call_id.as_str())
            .expression_attribute_values(":generation", n(settle.generation))
            .expression_attribute_values(":asked", s(settle.pending.run_id.as_str()))
            .expression_attribute_values(":one", n(1_u32))
    }
}

fn done(updated: Updated<Meta>) -> Result<Option<Meta>, StoreError> {
    Ok(match updated {
        Updated::Done(meta) => Some(meta),
        Updated::ConditionFailed(_) => None,
    })
}
