//! Writes of a start to the items of its run: record, subscribe a repeated start.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use longwire_core::ids::{ConnectionId, MessageId, RunId};
use longwire_core::job::VERSION;
use longwire_core::message::Usage;
use longwire_core::options::{IfBusy, Notify, OnGone};
use longwire_core::origin::Origin;
use longwire_core::payment::Payer;
use longwire_core::run::{Cursor, RunRow, RunStatus};
use longwire_core::run_input::{Context, RunInput};
use longwire_core::shape::Shape;
use longwire_core::text::estimated_tokens;
use longwire_core::thread_key::ThreadKey;
use longwire_core::tool::ToolSpec;
use serde::Serialize;
use serde_dynamo::aws_sdk_dynamodb_1::{to_attribute_value, to_item};
use serde_json::{Map, Value};

use crate::error::StoreError;
use crate::item::{flag, n};
use crate::retry::with_jitter;
use crate::threads::Threads;
use crate::threads::keys;
use crate::threads::life::ThreadLife;
use crate::threads::resume::MAX_SUBSCRIBERS;
use crate::threads::run_queue::MAX_RUNS;
use crate::update::{Updated, held, update};

/// Time until the `wakeBy` deadline of a queued run, in seconds.
pub const WAKE_QUEUED: u64 = 300;

/// Lifetime of a run's row and input, in seconds: twice the day for which a repeated start must be recognised.
pub(super) const RUN_TTL: u64 = 48 * 3600;

/// Run to start. Times are seconds since 1970.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Thread of the run.
    pub key: ThreadKey,
    /// Id of the run.
    pub run_id: RunId,
    /// Id of the user message.
    pub message_id: MessageId,
    /// The client chose that id, so another message of the thread may have it.
    pub reserves_id: bool,
    /// Text of the user message.
    pub prompt: String,
    /// Facts from the client for the model.
    pub context: Vec<Context>,
    /// Run that this one follows with the answers to its calls. It has no prompt of its own.
    pub after: Option<RunId>,
    /// Tools of the client.
    pub tools: Vec<ToolSpec>,
    /// State of the application, which RUN_STARTED repeats.
    pub state: Map<String, Value>,
    /// Ends a wait of the thread for answers to calls.
    pub supersede: bool,
    /// Event of the service that starts the run, as one line of JSON.
    pub event: Option<String>,
    /// Origin of the run.
    pub origin: Origin,
    /// Sends reasoning to the client.
    pub reasoning: bool,
    /// Policy for a thread that has an active run.
    pub if_busy: IfBusy,
    /// Policy for the run when its last subscriber is gone.
    pub on_gone: OnGone,
    /// Event on the bus when the run has ended.
    pub notify: Notify,
    /// User who pays for the run; `None` where users are not told apart.
    pub payer: Option<Payer>,
    /// First subscriber of the run; `None` for a run that no connection starts.
    pub subscriber: Option<Subscriber>,
    /// Current time.
    pub now: u64,
    /// Current time, in milliseconds since 1970.
    pub recorded_at: u64,
    /// Lifetime of threads.
    pub life: ThreadLife,
}

/// Connection that starts a run.
#[derive(Debug, Clone)]
pub struct Subscriber {
    /// Id of the connection.
    pub connection: ConnectionId,
    /// Format and framing of the run's events for it.
    pub shape: Shape,
}

impl Threads {
    /// Writes the row and the input of a run, at the same time, unless they exist. Returns the row of an earlier start
    /// under this run id, unless it has expired; its input may be missing ([`Threads::record_input`]).
    ///
    /// Returns the row also when DynamoDB is unavailable and a row is found: it is from this start or from an earlier
    /// one that was acknowledged, and continuing as a repeated start is right for both.
    pub async fn record(&self, run: &NewRun) -> Result<Option<RunRow>, StoreError> {
        let row = self.put_if_absent(&run.key, keys::run(&run.run_id), run.row(), run.now);
        let (row, input) = futures::join!(row, self.record_input(run));
        let (created, error) = match (row, input) {
            (Ok(created), Ok(())) => (created, None),
            (Ok(_), Err(error)) | (Err(error), _) => (false, Some(error)),
        };
        if created {
            return Ok(None);
        }
        let found = match &error {
            None => self.run_row(&run.key, &run.run_id).await?,
            Some(error) if error.permanent() => None,
            Some(_) => {
                let row = self.run_row(&run.key, &run.run_id).await;
                row.unwrap_or_default()
            }
        };
        match (found, error) {
            (Some(row), _) => Ok(Some(row)),
            (None, Some(error)) => Err(error),
            (None, None) => Err(StoreError::ConditionFailed),
        }
    }

    /// Writes the input of a run unless it exists. An earlier start may have been interrupted between its two writes.
    pub async fn record_input(&self, run: &NewRun) -> Result<(), StoreError> {
        let input = self.put_if_absent(&run.key, keys::input(&run.run_id), run.input(), run.now);
        input.await.map(drop)
    }

    /// Puts an item unless there is one that is not expired at `now`. Returns whether it was put; after a lost response
    /// the answer is `false`.
    async fn put_if_absent(
        &self,
        key: &ThreadKey,
        sort: String,
        body: impl Serialize,
        now: u64,
    ) -> Result<bool, StoreError> {
        let mut item = keys::item(key, sort);
        item.extend(to_item(body)?);
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(#ttl) OR #ttl <= :now")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", n(now));
        let put = with_jitter(|| async { Ok(request.clone().send().await?) }).await;
        held(put)
    }

    /// Makes the connection of a repeated start a subscriber of its unfinished run, and marks the run as repeated, so
    /// that its start is not taken back. A connection that is a subscriber keeps its cursor. In a full row the
    /// connection does not become a subscriber. A run that has ended is left unchanged.
    ///
    /// Fails with [`StoreError::ConditionFailed`] when the first start was taken back meanwhile.
    pub async fn subscribe_repeated(&self, run: &NewRun) -> Result<(), StoreError> {
        let Some(subscriber) = &run.subscriber else {
            return self.mark_only(run).await;
        };
        let cursor = Cursor::new(0, subscriber.shape);
        let subscribe = self
            .mark_repeated(
                run,
                ", attached.#me = if_not_exists(attached.#me, :cursor)",
                "(attribute_exists(attached.#me) OR size(attached) < :max)",
            )
            .expression_attribute_names("#me", subscriber.connection.as_str())
            .expression_attribute_values(":cursor", to_attribute_value(cursor)?)
            .expression_attribute_values(":max", n(MAX_SUBSCRIBERS));
        match update::<RunRow>(subscribe).await? {
            Updated::Done(_) => Ok(()),
            Updated::ConditionFailed(Some(row)) if row.status.ended() => Ok(()),
            Updated::ConditionFailed(Some(_)) => self.mark_only(run).await,
            Updated::ConditionFailed(None) => Err(StoreError::ConditionFailed),
        }
    }

    /// Marks a run as repeated, without a further subscriber.
    async fn mark_only(&self, run: &NewRun) -> Result<(), StoreError> {
        let mark = self.mark_repeated(run, "", "(attribute_exists(attached))");
        match update::<RunRow>(mark).await? {
            Updated::Done(_) | Updated::ConditionFailed(Some(_)) => Ok(()),
            Updated::ConditionFailed(None) => Err(StoreError::ConditionFailed),
        }
    }

    fn mark_repeated(
        &self,
        run: &NewRun,
        further_sets: &str,
        condition: &str,
    ) -> UpdateItemFluentBuilder {
        self.update_unfinished(&run.key, &run.run_id, condition)
            .update_expression(format!("SET repeated = :true{further_sets}"))
            .expression_attribute_values(":true", flag(true))
    }
}

impl NewRun {
    /// Estimated tokens of the prompt, its context and its event. Those of a run that follows are in the conversation already.
    pub fn prompt_tokens(&self) -> u64 {
        let context = self.context.iter().map(Context::bytes);
        let event = self.event.as_ref().map_or(0, String::len);
        let prompt = match self.after {
            Some(_) => 0,
            None => self.prompt.len(),
        };
        estimated_tokens(prompt + context.sum::<usize>() + event)
    }

    /// Most runs that the run queue may have with this one, by the policy for a busy thread.
    pub fn limit(&self) -> usize {
        match self.if_busy {
            IfBusy::Queue | IfBusy::Interrupt => MAX_RUNS,
            IfBusy::Reject => 1,
        }
    }

    fn row(&self) -> RunRow {
        let first = self.subscriber.as_ref().map(|subscriber| {
            let cursor = Cursor::new(0, subscriber.shape);
            (subscriber.connection.clone(), cursor)
        });
        RunRow {
            v: VERSION,
            status: RunStatus::Queued,
            epoch: 0,
            claimed_by: None,
            restarts: Vec::new(),
            lease_until: 0,
            wake_by: Some(self.now + WAKE_QUEUED),
            wakes: 0,
            open_part: Some(keys::open_part(&self.run_id)),
            crashes: 0,
            handovers: 0,
            cut_step: None,
            cancel_requested: None,
            reason: None,
            code: None,
            pending: None,
            notify: self.notify,
            subscribers: first.into_iter().collect(),
            gone_since: None,
            on_gone: self.on_gone,
            last_seq: 0,
            generation: None,
            tip: None,
            message_id: self.message_id.clone(),
            steers: 0,
            steered: 0,
            payer: self.payer.clone(),
            origin: self.origin.clone(),
            usage: Usage::default(),
            started_at: self.now,
            recorded_at: Some(self.recorded_at),
            ended_at: None,
            end_posts: 0,
            ttl: self.now + RUN_TTL,
        }
    }

    fn input(&self) -> RunInput {
        RunInput {
            v: VERSION,
            message_id: self.message_id.clone(),
            reserves_id: self.reserves_id,
            prompt: self.prompt.clone(),
            after: self.after.clone(),
            tools: self.tools.clone(),
            state: self.state.clone(),
            context: self.context.clone(),
            event: self.event.clone(),
            reasoning: self.reasoning,
            recorded_at: Some(self.recorded_at),
            ttl: self.now + RUN_TTL,
        }
    }
}
