//! Run queue of a thread: its unfinished runs in order, the first of them active.
//!
//! The queue is a list in the thread's own item. An append is one conditional write, which returns the queue after it, so
//! its writer learns the head, and concurrent appends do not make each other fail. So is the advance of a worker that ended
//! its run. A leave, and an advance past a run whose generation is not known ([`Fence`](crate::threads::advance::Fence)),
//! are transactions, because they also depend on the row of the run, and read the queue after it. The documentation of the
//! crate `longwire-scheduler` explains why no wake-up is lost.
//!
//! An append and an advance also set the expiry of the thread. No other write does.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use longwire_core::ids::RunId;
use longwire_core::thread_key::ThreadKey;

use crate::error::StoreError;
use crate::item::{n, s};
use crate::retry::with_jitter;
use crate::threads::Threads;
use crate::threads::keys;
use crate::threads::life::ThreadLife;
use crate::threads::meta::Meta;
use crate::threads::waiting::{ATTRIBUTES, NO_WAIT, WAITS_FOR, with_asked, with_names};
use crate::update::{MAX_ROUNDS, Updated, update};

/// Most runs in a run queue, the active one included.
pub const MAX_RUNS: usize = 20;

/// Run to append.
#[derive(Debug, Clone, Copy)]
pub struct Append<'a> {
    /// Id of the run.
    pub run_id: &'a RunId,
    /// Time at which the run was recorded, in milliseconds since 1970.
    pub recorded_at: u64,
    /// Most runs that the queue may have with this one.
    pub max: usize,
    /// Ends a wait of the thread.
    pub supersede: bool,
    /// Current time, in seconds since 1970.
    pub now: u64,
    /// Lifetime of threads.
    pub life: ThreadLife,
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
        /// The append ended a wait, so that nobody has sent the job of the active run.
        ended_wait: bool,
    },
    /// The queue has as many runs as the append allows. The run is not in it.
    Full(Meta),
    /// The thread waits for answers to calls. The run is not in its queue.
    Waits,
    /// The thread was deleted after the run was recorded. The run must not begin.
    Deleted,
}

/// Part of an append that depends on whether the thread is expired.
struct AppendExpression {
    /// New run queue and generation.
    sets: String,
    /// Attributes that are removed.
    removed: &'static [&'static str],
    /// Condition on the state of the thread.
    condition: String,
}

impl Appended {
    fn at(meta: Meta, run_id: &RunId, ended_wait: bool) -> Self {
        // An append returns the run as the last one.
        let last = meta.run_queue.len().saturating_sub(1);
        let position = meta.position(run_id).unwrap_or(last);
        Self::At {
            position,
            meta,
            ended_wait,
        }
    }
}

impl Threads {
    /// Appends a run to the thread's run queue, unless it is in the queue, the queue is full, or the thread was deleted
    /// after the run was recorded. The first run creates the thread; the first one after its expiry starts its next
    /// generation. Fails with [`StoreError::ConditionFailed`] when other writers change the queue four times meanwhile.
    pub async fn append(
        &self,
        key: &ThreadKey,
        append: Append<'_>,
    ) -> Result<Appended, StoreError> {
        let run_id = append.run_id;
        // A start that was slow may append a run that was recorded before others.
        let mut latest = true;
        let mut ended_wait: Option<RunId> = None;
        for _ in 0..MAX_ROUNDS {
            let request = self.append_request(key, append, latest, ended_wait.as_ref());
            let meta: Option<Meta> = match update(request).await? {
                Updated::Done(meta) => {
                    return Ok(Appended::at(meta, run_id, ended_wait.is_some()));
                }
                Updated::ConditionFailed(meta) => meta,
            };
            let recorded_at = meta.as_ref().and_then(|meta| meta.recorded_at);
            latest = recorded_at.is_none_or(|other| other <= append.recorded_at);
            match meta {
                Some(meta) if meta.deleted_after(append.recorded_at) => {
                    return Ok(Appended::Deleted);
                }
                Some(meta) if meta.expired(append.now) => {
                    if let Updated::Done(meta) =
                        update(self.next_generation_request(key, append, latest)).await?
                    {
                        return Ok(Appended::at(meta, run_id, false));
                    }
                }
                // An earlier append, or the first request of this one when its response was lost.
                Some(meta) if meta.position(run_id).is_some() => {
                    return Ok(Appended::at(meta, run_id, ended_wait.is_some()));
                }
                Some(Meta {
                    pending: Some(pending),
                    ..
                }) if !append.supersede && !pending.expired(append.now) => {
                    return Ok(Appended::Waits);
                }
                Some(meta) if meta.run_queue.len() >= append.max => {
                    return Ok(Appended::Full(meta));
                }
                Some(meta) => ended_wait = meta.pending.map(|pending| pending.run_id),
                None => ended_wait = None,
            }
        }
        Err(StoreError::ConditionFailed)
    }

    pub(super) async fn thread(&self, key: &ThreadKey) -> Result<Option<Meta>, StoreError> {
        with_jitter(|| self.get(key, keys::META.to_owned())).await
    }

    fn append_request(
        &self,
        key: &ThreadKey,
        append: Append<'_>,
        latest: bool,
        ended_wait: Option<&RunId>,
    ) -> UpdateItemFluentBuilder {
        let queue = "list_append(if_not_exists(#line, :none), :runs)";
        let (wait, removed): (_, &[_]) = match ended_wait {
            Some(_) => (WAITS_FOR, &[ATTRIBUTES]),
            None => (NO_WAIT, &[]),
        };
        let expression = AppendExpression {
            sets: format!("#line = {queue}, born = if_not_exists(born, :now)"),
            removed,
            condition: format!(
                "(attribute_not_exists(#ttl) OR #ttl > :now OR size(#line) > :empty) AND \
                 (attribute_not_exists(#line) OR (NOT contains(#line, :run) AND size(#line) < :max)) AND {wait}"
            ),
        };
        let request = self
            .write_request(key, append, latest, expression)
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":max", n(append.max));
        match ended_wait {
            Some(asked) => with_asked(with_names(request), asked),
            None => request.expression_attribute_names("#pending", "pending"),
        }
    }

    /// Starts the next generation of an expired thread.
    fn next_generation_request(
        &self,
        key: &ThreadKey,
        append: Append<'_>,
        latest: bool,
    ) -> UpdateItemFluentBuilder {
        let expression = AppendExpression {
            sets: "#line = :runs, born = if_not_exists(born, :now) + :one".to_owned(),
            removed: &["tip", "lastInput", ATTRIBUTES],
            condition: "(attribute_not_exists(#line) OR (#ttl <= :now AND size(#line) = :empty))"
                .to_owned(),
        };
        with_names(self.write_request(key, append, latest, expression))
            .expression_attribute_values(":one", n(1_u32))
    }

    /// Prepares a write of the thread's item, which is conditional on that the thread was not deleted since. The run is
    /// the `latest` one that was recorded, or an earlier one.
    fn write_request(
        &self,
        key: &ThreadKey,
        append: Append<'_>,
        latest: bool,
        expression: AppendExpression,
    ) -> UpdateItemFluentBuilder {
        let AppendExpression {
            sets,
            removed,
            condition,
        } = expression;
        let mut sets = vec![sets, "latest = :run, updatedAt = :now".to_owned()];
        let recorded = if latest {
            sets.push("recordedAt = :recordedAt".to_owned());
            "(attribute_not_exists(recordedAt) OR recordedAt <= :recordedAt)"
        } else {
            "recordedAt > :recordedAt"
        };
        let not_deleted = "(attribute_not_exists(deletedAt) OR deletedAt <= :recordedAt)";
        let runs = AttributeValue::L(vec![s(append.run_id.as_str())]);
        let request = self
            .queue_request(key, append.run_id)
            .condition_expression(format!("{condition} AND {not_deleted} AND {recorded}"))
            .expression_attribute_values(":runs", runs)
            .expression_attribute_values(":now", n(append.now))
            .expression_attribute_values(":empty", n(0_u32))
            .expression_attribute_values(":recordedAt", n(append.recorded_at));
        with_expiry(request, append.life.busy(append.now), sets, removed)
    }

    /// Prepares an update of the thread's item that names a run.
    fn queue_request(&self, key: &ThreadKey, run_id: &RunId) -> UpdateItemFluentBuilder {
        self.update_meta(key)
            .expression_attribute_names("#line", "line")
            .expression_attribute_values(":run", s(run_id.as_str()))
    }

    /// Prepares an update of the thread's item.
    pub(super) fn update_meta(&self, key: &ThreadKey) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::item(key, keys::META)))
    }
}

/// Completes an update with its expressions and the expiry of the thread; without one, an earlier expiry is removed.
fn with_expiry(
    request: UpdateItemFluentBuilder,
    ttl: Option<u64>,
    mut sets: Vec<String>,
    removed: &[&str],
) -> UpdateItemFluentBuilder {
    let mut removed: Vec<&str> = removed.to_vec();
    let request = request.expression_attribute_names("#ttl", "ttl");
    let request = match ttl {
        Some(ttl) => {
            sets.push("#ttl = :ttl".to_owned());
            request.expression_attribute_values(":ttl", n(ttl))
        }
        None => {
            removed.push("#ttl");
            request
        }
    };
    let clause = |verb: &str, parts: String| match parts.as_str() {
        "" => String::new(),
        parts => format!("{verb} {parts} "),
    };
    let (sets, removed) = (sets.join(", "), removed.join(", "));
    let expression = clause("SET", sets) + &clause("REMOVE", removed);
    request.update_expression(expression.trim_end())
}
