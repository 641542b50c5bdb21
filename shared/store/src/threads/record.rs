//! The writes of a start to the run's own items: put, attach, take back.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use serde_dynamo::aws_sdk_dynamodb_1::{to_attribute_value, to_item};

use crate::error::StoreError;
use crate::retry::with_jitter;
use crate::threads::Threads;
use crate::threads::item::{Item, n, s};
use crate::threads::keys;
use crate::threads::resume::MAX_ATTACHED;
use crate::threads::run_queue::MAX_RUNS;
use crate::threads::update::{Updated, update};
use longwire_core::ids::{ConnectionId, MessageId, RunId};
use longwire_core::job::VERSION;
use longwire_core::message::Usage;
use longwire_core::options::{IfBusy, OnGone};
use longwire_core::run::{Context, Cursor, RunInput, RunRow, RunStatus};
use longwire_core::shape::Shape;
use longwire_core::thread_key::ThreadKey;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a queued run may stay untouched before its message is sent again, in seconds.
pub const WAKE_QUEUED: u64 = 300;

/// How long a run is remembered, in seconds: a repeated start is known for a day, and TTL is no clock.
const REMEMBER: u64 = 48 * 3600;

/// A run that somebody wants. Times are seconds since 1970.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// On this thread.
    pub key: ThreadKey,
    /// Its name.
    pub run_id: RunId,
    /// The name of the user's message.
    pub message_id: MessageId,
    /// What the user says.
    pub prompt: String,
    /// What the model shall know besides.
    pub context: Vec<Context>,
    /// Thinking is shown.
    pub reasoning: bool,
    /// What becomes of it when the thread has an active run.
    pub if_busy: IfBusy,
    /// What becomes of it when nobody watches any more.
    pub on_gone: OnGone,
    /// The connection that starts it, and watches it.
    pub subscriber: ConnectionId,
    /// How that one wants its frames.
    pub shape: Shape,
    /// Now.
    pub now: u64,
    /// How long the thread lives after this; for ever with `None`.
    pub thread_ttl: Option<Duration>,
}

impl Threads {
    /// Writes row and input together, so that a run in line always has an input. Tells the row that was
    /// there before, if there was one.
    pub async fn record(&self, run: &NewRun) -> Result<Option<RunRow>, StoreError> {
        let puts = vec![
            self.put_if_new(run, keys::run(&run.run_id), to_item(run.row())?)?,
            self.put_over(run, keys::input(&run.run_id), to_item(run.input())?)?,
        ];
        match self.transact(&puts).await {
            Ok(()) => Ok(None),
            Err(StoreError::ConditionFailed) => match self.run_row(&run.key, &run.run_id).await? {
                Some(before) => Ok(Some(before)),
                None => Err(StoreError::ConditionFailed),
            },
            // It may have been written all the same; but the row may also be that of a start before this one, which
            // was acknowledged. Both are mended by going on as a repetition, and none is taken back.
            Err(fault @ StoreError::Unavailable(_)) => {
                match self.run_row(&run.key, &run.run_id).await {
                    Ok(Some(found)) => Ok(Some(found)),
                    _ => Err(fault),
                }
            }
            Err(fault) => Err(fault),
        }
    }

    /// Lets the connection watch a run that was there before and has not ended, and notes that its start was
    /// repeated: from then on it is not taken back. A connection stays where it is if it watches already; a row
    /// that has enough watchers takes no more, and the connection is told all the same where the run stands.
    pub async fn subscribe_repeated(&self, run: &NewRun) -> Result<(), StoreError> {
        let room = "attribute_exists(attached.#me) OR size(attached) < :max";
        let cursor = Cursor::new(0, run.shape);
        let attach = self
            .noting(
                run,
                ", attached.#me = if_not_exists(attached.#me, :cursor)",
                room,
            )
            .expression_attribute_names("#me", run.subscriber.as_str())
            .expression_attribute_values(":cursor", to_attribute_value(cursor)?)
            .expression_attribute_values(":max", n(MAX_ATTACHED));
        let in_the_way: Option<RunRow> = match with_jitter(|| update(attach.clone())).await? {
            Updated::Done(_) => return Ok(()),
            Updated::Refused(in_the_way) => in_the_way,
        };
        match in_the_way {
            Some(row) if row.status.ended() => Ok(()),
            Some(_) => {
                let note = self.noting(run, "", "attribute_exists(attached)");
                with_jitter(|| update::<RunRow>(note.clone()))
                    .await
                    .map(drop)
            }
            // Its start was taken back in between: this one must begin anew.
            None => Err(StoreError::ConditionFailed),
        }
    }

    fn noting(&self, run: &NewRun, more: &str, condition: &str) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::item(&run.key, keys::run(&run.run_id))))
            .update_expression(format!("SET repeated = :true{more}"))
            .condition_expression(format!("#status IN (:queued, :running) AND ({condition})"))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":true", AttributeValue::Bool(true))
            .expression_attribute_values(":queued", s("queued"))
            .expression_attribute_values(":running", s("running"))
    }

    /// Removes what a start wrote, unless a worker has the run, or the start was repeated: then its row is told.
    /// The row goes first, because it alone says whether a worker has the run.
    pub async fn take_back(&self, run: &NewRun) -> Result<Option<RunRow>, StoreError> {
        let deletes = vec![
            self.delete_untouched(run)?,
            self.delete(run, keys::input(&run.run_id))?,
        ];
        match self.transact(&deletes).await {
            Ok(()) => Ok(None),
            Err(StoreError::ConditionFailed) => self.run_row(&run.key, &run.run_id).await,
            Err(fault) => Err(fault),
        }
    }

    fn put_if_new(
        &self,
        run: &NewRun,
        sort: String,
        body: Item,
    ) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .condition_expression("attribute_not_exists(#status) OR #ttl <= :now")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", n(run.now));
        self.put(run, sort, body, put)
    }

    fn put_over(
        &self,
        run: &NewRun,
        sort: String,
        body: Item,
    ) -> Result<TransactWriteItem, StoreError> {
        self.put(run, sort, body, Put::builder())
    }

    fn put(
        &self,
        run: &NewRun,
        sort: String,
        body: Item,
        put: aws_sdk_dynamodb::types::builders::PutBuilder,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut item = keys::item(&run.key, sort);
        item.extend(body);
        let put = put.table_name(&self.table).set_item(Some(item)).build();
        Ok(TransactWriteItem::builder().put(put?).build())
    }

    fn delete_untouched(&self, run: &NewRun) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(keys::item(&run.key, keys::run(&run.run_id))))
            .condition_expression(
                "#status = :queued AND epoch = :none AND attribute_not_exists(repeated)",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":queued", s("queued"))
            .expression_attribute_values(":none", n(0_u32))
            .build();
        Ok(TransactWriteItem::builder().delete(delete?).build())
    }

    fn delete(&self, run: &NewRun, sort: String) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(keys::item(&run.key, sort)))
            .build();
        Ok(TransactWriteItem::builder().delete(delete?).build())
    }
}

impl NewRun {
    /// How many runs it puts up with before it.
    pub fn limit(&self) -> usize {
        match self.if_busy {
            IfBusy::Queue | IfBusy::Interrupt => MAX_RUNS,
            IfBusy::Reject => 1,
        }
    }

    fn row(&self) -> RunRow {
        let cursor = Cursor::new(0, self.shape);
        RunRow {
            v: VERSION,
            status: RunStatus::Queued,
            epoch: 0,
            claimed_by: None,
            restarts: Vec::new(),
            lease_until: 0,
            wake_by: Some(self.now + WAKE_QUEUED),
            open_part: Some(keys::open_part(&self.run_id)),
            crashes: 0,
            handovers: 0,
            cut_step: None,
            cancel_requested: None,
            reason: None,
            subscribers: BTreeMap::from([(self.subscriber.clone(), cursor)]),
            gone_since: None,
            on_gone: self.on_gone,
            last_seq: 0,
            message_id: self.message_id.clone(),
            usage: Usage::default(),
            started_at: self.now,
            ended_at: None,
            ttl: self.now + REMEMBER,
        }
    }

    fn input(&self) -> RunInput {
        RunInput {
            v: VERSION,
            message_id: self.message_id.clone(),
            prompt: self.prompt.clone(),
            context: self.context.clone(),
            reasoning: self.reasoning,
            ttl: self.now + REMEMBER,
        }
    }
}
