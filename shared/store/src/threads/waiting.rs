//! Thread that waits for answers to calls: results of its client's tools, or approvals. The wait begins with the advance of the
//! run that made the calls, in the write that removes the run from the queue, and loses one call after the other. Other writes
//! of the thread's item end it as a whole: an append that supersedes it or finds it expired, the next generation, a deletion. No
//! other file names its attributes.
//!
//! The thread's own item is listed in the index of open runs meanwhile, so that the sweep finds a wait that has expired.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use longwire_core::ids::{CallId, RunId};
use longwire_core::pending::Pending;
use longwire_core::thread_key::ThreadKey;
use serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value;

use crate::error::StoreError;
use crate::item::{n, s};
use crate::threads::Threads;
use crate::threads::keys;
use crate::threads::life::ThreadLife;
use crate::threads::meta::Meta;
use crate::threads::update_expression::UpdateExpression;
use crate::update::{Updated, update};

/// Attributes of a wait and of its place in the index of open runs, for the clause `REMOVE` of an update expression, which
/// needs the names of [`with_names`].
pub(super) const ATTRIBUTES: &str = "#pending, #open, wakeBy";

/// Condition of an item whose thread does not wait; needs the name `#pending`.
pub(super) const NO_WAIT: &str = "attribute_not_exists(#pending)";

/// Condition of an item whose thread waits for the calls of the run `:asked`; needs the names `#pending` and `#run`.
pub(super) const WAITS_FOR: &str = "#pending.#run = :asked";

/// Call that has its answer.
#[derive(Debug, Clone, Copy)]
pub struct Settle<'a> {
    /// Generation of the thread.
    pub generation: u64,
    /// Wait of the thread, as it was read.
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

/// Run that follows the last answer. Its row and input are stored.
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

/// Begins a wait.
pub(super) fn begin(
    expression: UpdateExpression,
    pending: &Pending,
) -> Result<UpdateExpression, StoreError> {
    Ok(expression
        .set("pending", to_attribute_value(pending)?)
        .set("open", s(keys::open_part(&pending.run_id)))
        .set("wakeBy", n(pending.until)))
}

/// Names the attributes of a wait in a request that removes them; DynamoDB reserves some of the words.
pub(super) fn with_names(request: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
    request
        .expression_attribute_names("#pending", "pending")
        .expression_attribute_names("#open", "open")
}

/// Names the run whose calls a thread waits for, for [`WAITS_FOR`].
pub(super) fn with_asked(
    request: UpdateItemFluentBuilder,
    asked: &RunId,
) -> UpdateItemFluentBuilder {
    request
        .expression_attribute_names("#run", "run")
        .expression_attribute_values(":asked", s(asked.as_str()))
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
            .expression_attribute_names("#pending", "pending")
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
        let condition = "size(#pending.#calls) = :one AND NOT contains(#line, :run) AND \
                         (attribute_not_exists(recordedAt) OR recordedAt <= :recordedAt)";
        let sets = "#line = list_append(:runs, if_not_exists(#line, :none)), latest = :run, updatedAt = :now, \
                    recordedAt = :recordedAt";
        let request = with_names(self.settle_request(key, settle, condition))
            .expression_attribute_names("#line", "line")
            .expression_attribute_values(":run", s(next.run_id.as_str()))
            .expression_attribute_values(":runs", AttributeValue::L(vec![s(next.run_id.as_str())]))
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":now", n(next.now))
            .expression_attribute_values(":recordedAt", n(next.recorded_at));
        let request = match next.life.busy(next.now) {
            Some(ttl) => request
                .update_expression(format!("SET {sets}, #ttl = :ttl REMOVE {ATTRIBUTES}"))
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":ttl", n(ttl)),
            None => request.update_expression(format!("SET {sets} REMOVE {ATTRIBUTES}")),
        };
        match update(request).await? {
            Updated::Done(meta) => Ok(Some(meta)),
            // After a lost response the first request took effect.
            Updated::ConditionFailed(meta) => {
                Ok(meta.filter(|meta: &Meta| meta.head() == Some(next.run_id)))
            }
        }
    }

    /// Ends the wait for the answers to a run's calls.
    pub async fn end_wait(&self, key: &ThreadKey, run_id: &RunId) -> Result<WaitEnd, StoreError> {
        let request = with_asked(with_names(self.update_meta(key)), run_id)
            .update_expression(format!("REMOVE {ATTRIBUTES}"))
            .condition_expression(WAITS_FOR);
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
        with_asked(self.update_meta(key), &settle.pending.run_id)
            .condition_expression(format!(
                "born = :generation AND {WAITS_FOR} AND attribute_exists(#pending.#calls.#call) AND {condition}"
            ))
            .expression_attribute_names("#calls", "calls")
            .expression_attribute_names("#call", settle.call_id.as_str())
            .expression_attribute_values(":generation", n(settle.generation))
            .expression_attribute_values(":one", n(1_u32))
    }
}

fn done(updated: Updated<Meta>) -> Result<Option<Meta>, StoreError> {
    Ok(match updated {
        Updated::Done(meta) => Some(meta),
        Updated::ConditionFailed(_) => None,
    })
}
