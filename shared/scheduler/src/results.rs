//! Answers to the calls that a thread waits for: results of those that the client makes, and decisions about those that need
//! approval. The last one puts the run that follows before the others in the run queue.
//!
//! An answer is stored first, then the call is removed from what the thread waits for. A request that is interrupted between
//! two writes can be repeated: the stored answer is recognised, and what is left is done.

use longwire_core::approval::Decision;
use longwire_core::ids::{CallId, MessageId, RunId};
use longwire_core::payment::Payer;
use longwire_core::pending::Pending;
use longwire_core::run::RunStatus;
use longwire_core::thread_key::ThreadKey;
use longwire_core::tool::ToolOutcome;
use longwire_store::error::StoreError;
use longwire_store::threads::call_results::{PartPlace, PartStored, ResultPart};
use longwire_store::threads::life::ThreadLife;
use longwire_store::threads::meta::Meta;
use longwire_store::threads::record::Subscriber;
use longwire_store::threads::waiting::Settle;
use serde_json::{Map, Value};

use crate::error::ScheduleError;
use crate::scheduler::Scheduler;

/// Rounds of a result while other results of the thread arrive.
const MAX_ROUNDS: usize = 8;

/// Result of a call or a part of it, or decision about a call, as a client sends it.
#[derive(Debug, Clone)]
pub struct NewResult {
    /// Thread of the call.
    pub key: ThreadKey,
    /// Call.
    pub call_id: CallId,
    /// Number of the part, from 1.
    pub part: usize,
    /// Number of parts.
    pub of: usize,
    /// Outcome of the call.
    pub outcome: ToolOutcome,
    /// Content of the part.
    pub content: String,
    /// Decision about a call that needs one. A denied call has the outcome and the content with which the model goes on.
    pub decision: Option<Decision>,
    /// Run whose wait a decision was checked against; `None` without one, for a result and for a decision that can only repeat
    /// an earlier one.
    pub checked: Option<RunId>,
    /// Id of the message with the result, if the client chose it.
    pub message_id: Option<MessageId>,
    /// Id of the run that follows, if the client chose it.
    pub next_run_id: Option<RunId>,
    /// State of the client's application, which the run that follows repeats.
    pub state: Map<String, Value>,
    /// User who pays for the run that follows.
    pub payer: Option<Payer>,
    /// Connection that sends the result; it becomes a subscriber of the run that follows.
    pub subscriber: Subscriber,
    /// Current time, in milliseconds since 1970.
    pub millis: u64,
    /// Lifetime of threads.
    pub life: ThreadLife,
}

/// Outcome of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// The result is stored. Other calls, or other parts of it, are missing.
    Accepted {
        /// Run that made the calls.
        run_id: RunId,
        /// Calls without a result, in the order of the model.
        pending: Vec<CallId>,
        /// An earlier request stored the result.
        duplicate: bool,
    },
    /// Every call has its result, and the run that follows is queued, or was.
    Continued {
        /// Run that follows.
        run_id: RunId,
        /// Status of that run.
        status: RunStatus,
        /// An earlier request stored the result.
        duplicate: bool,
    },
    /// The thread does not wait for this call, or the call has another result.
    NotPending,
}

impl NewResult {
    /// Current time, in seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        self.millis / 1000
    }

    fn place(&self, generation: u64) -> PartPlace<'_> {
        PartPlace {
            key: &self.key,
            generation,
            call_id: &self.call_id,
            part: self.part,
        }
    }

    /// Part to store, for the wait of these runs.
    fn part(&self, asked_by: &RunId, next_run_id: &RunId) -> ResultPart {
        let message_id = self.message_id.clone();
        let next_run_id = self.next_run_id.as_ref().unwrap_or(next_run_id);
        ResultPart {
            message_id: message_id.unwrap_or_else(MessageId::random),
            outcome: self.outcome,
            content: self.content.clone(),
            of: self.of,
            asked_by: asked_by.clone(),
            next_run_id: next_run_id.clone(),
            decision: self.decision.clone(),
        }
    }

    /// Wait of the thread, if the call is part of it and it takes this answer.
    fn awaited_in<'m>(&self, meta: &'m Meta) -> Option<&'m Pending> {
        let pending = meta.pending.as_ref()?;
        let takes = match (&pending.approvals, &self.decision) {
            (None, None) => true,
            (Some(_), Some(_)) => self.checked.as_ref() == Some(&pending.run_id),
            (None, Some(_)) | (Some(_), None) => false,
        };
        let awaited = pending.calls.contains_key(&self.call_id) && !pending.expired(self.now());
        (takes && awaited).then_some(pending)
    }
}

impl Scheduler {
    /// Stores the result of a call. The first result of a call counts. The last result that a thread waits for starts the run
    /// that follows.
    pub async fn answer(&self, result: &NewResult) -> Result<Answered, ScheduleError> {
        let connection = result.subscriber.connection.clone();
        let scheduler = self.caused_by(Some(connection));
        Box::pin(scheduler.settle(result)).await
    }

    async fn settle(&self, result: &NewResult) -> Result<Answered, ScheduleError> {
        for _ in 0..MAX_ROUNDS {
            let Some(meta) = self.threads.meta(&result.key, result.now()).await? else {
                return Ok(Answered::NotPending);
            };
            let Some(pending) = result.awaited_in(&meta) else {
                return self.repeated(result, &meta).await;
            };
            let place = result.place(meta.generation);
            let part = result.part(&pending.run_id, &pending.next_run_id);
            let stored = self
                .threads
                .put_result_part(place, part, pending.until)
                .await?;
            let (part, repeated) = match stored {
                PartStored::Stored(part) => (part, true),
                // An interrupted request stored it, and the thread still waits.
                PartStored::Other(part) => (part, false),
            };
            let settled = self.settle_call(result, &meta, pending, &part).await?;
            match settled {
                Some(answered) if repeated => return Ok(answered),
                Some(_) => return Ok(Answered::NotPending),
                None => {}
            }
        }
        Err(StoreError::ConditionFailed.into())
    }

    /// Removes the call from what the thread waits for, once all its parts are stored; `None` when the thread changed
    /// meanwhile.
    async fn settle_call(
        &self,
        result: &NewResult,
        meta: &Meta,
        pending: &Pending,
        part: &ResultPart,
    ) -> Result<Option<Answered>, ScheduleError> {
        let accepted = |left: Vec<CallId>| Answered::Accepted {
            run_id: pending.run_id.clone(),
            pending: left,
            duplicate: false,
        };
        let (key, generation) = (&result.key, meta.generation);
        let complete = part.of == 1
            || self
                .threads
                .call_result(key, generation, &result.call_id)
                .await?
                .is_some();
        if !complete {
            return Ok(Some(accepted(pending.call_ids())));
        }
        let settle = Settle {
            generation,
            pending,
            call_id: &result.call_id,
        };
        if pending.calls.len() > 1 {
            let settled = self.threads.settle_call(key, settle).await?;
            let left = settled.and_then(|meta| meta.pending);
            return Ok(left.map(|left| accepted(left.call_ids())));
        }
        self.follow(result, meta, settle, &part.next_run_id).await
    }

    /// Answers a result for which the thread does not wait: a repeated one is a duplicate, and what an interrupted request
    /// left undone is done.
    async fn repeated(&self, result: &NewResult, meta: &Meta) -> Result<Answered, ScheduleError> {
        let place = result.place(meta.generation);
        let stored = self.threads.result_part(place).await?;
        let Some(part) = stored.filter(|stored| {
            stored.is_repeated_by(&result.part(&stored.asked_by, &stored.next_run_id))
        }) else {
            return self.not_pending(result, meta).await;
        };
        if let Some(pending) = &meta.pending
            && pending.run_id == part.asked_by
        {
            return Ok(Answered::Accepted {
                run_id: pending.run_id.clone(),
                pending: pending.call_ids(),
                duplicate: true,
            });
        }
        let run_id = part.next_run_id;
        let Some(row) = self.threads.run_row(&result.key, &run_id).await? else {
            return Ok(Answered::NotPending);
        };
        if row.status == RunStatus::Queued {
            // The wait ended otherwise, before the run that a request had recorded was queued.
            if !meta.run_queue.contains(&run_id) {
                return Ok(Answered::NotPending);
            }
            self.send_again(&result.key, &run_id, &row, result.now())
                .await?;
        }
        Ok(Answered::Continued {
            run_id,
            status: row.status,
            duplicate: true,
        })
    }

    /// Stores the result of a call for the run that ends the wait, and changes nothing else. Returns `false` when the call has
    /// another result, or the thread does not wait for it.
    pub async fn keep_result(&self, result: &NewResult) -> Result<bool, ScheduleError> {
        let meta = self.threads.meta(&result.key, result.now()).await?;
        let Some((meta, pending)) = meta
            .as_ref()
            .and_then(|meta| Some((meta, result.awaited_in(meta)?)))
        else {
            return Ok(false);
        };
        let place = result.place(meta.generation);
        let part = result.part(&pending.run_id, &pending.next_run_id);
        let stored = self.threads.put_result_part(place, part, pending.until);
        Ok(matches!(stored.await?, PartStored::Stored(_)))
    }

    /// Refuses a result for which the thread does not wait. When the run that made the call has ended, and its worker could not
    /// advance the queue, the client has to try again: the job of the run makes another worker advance it.
    async fn not_pending(
        &self,
        result: &NewResult,
        meta: &Meta,
    ) -> Result<Answered, ScheduleError> {
        let Some(head) = meta.active() else {
            return Ok(Answered::NotPending);
        };
        let row = self.threads.run_row(&result.key, head).await?;
        let asked = row.as_ref().and_then(|row| row.pending.as_ref());
        if !asked.is_some_and(|asked| asked.calls.contains_key(&result.call_id)) {
            return Ok(Answered::NotPending);
        }
        self.wake(&result.key, head, row.as_ref(), result.now())
            .await?;
        Err(StoreError::ConditionFailed.into())
    }
}
