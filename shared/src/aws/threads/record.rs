//! The writes of a start to the run's own items: put, attach, take back.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use serde_dynamo::aws_sdk_dynamodb_1::{to_attribute_value, to_item};

use super::Threads;
use super::item::{Item, n, s};
use super::keys;
use super::resume::MAX_ATTACHED;
use super::start::NewRun;
use super::update::{Updated, update};
use super::wake::job;
use crate::aws::fault::Fault;
use crate::aws::queue::Queue;
use crate::aws::retry::with_jitter;
use crate::run::{Cursor, RunRow};

impl Threads {
    /// Writes row and input together, so that a run in line always has an input. Tells the row that was
    /// there before, if there was one.
    pub(super) async fn record(&self, run: &NewRun) -> Result<Option<RunRow>, Fault> {
        let puts = vec![
            self.put_if_new(run, keys::run(&run.run_id), to_item(run.row())?)?,
            self.put_over(run, keys::input(&run.run_id), to_item(run.input())?)?,
        ];
        match self.transact(&puts).await {
            Ok(()) => Ok(None),
            Err(Fault::Refused) => match self.run(&run.key, &run.run_id).await? {
                Some(before) => Ok(Some(before)),
                None => Err(Fault::Refused),
            },
            // It may have been written all the same; but the row may also be that of a start before this one, which
            // was acknowledged. Both are mended by going on as a repetition, and none is taken back.
            Err(fault @ Fault::Unavailable(_)) => match self.run(&run.key, &run.run_id).await {
                Ok(Some(found)) => Ok(Some(found)),
                _ => Err(fault),
            },
            Err(fault) => Err(fault),
        }
    }

    /// Lets the connection watch a run that was there before and has not ended, and notes that its start was
    /// repeated: from then on it is not taken back. A connection stays where it is if it watches already; a row
    /// that has enough watchers takes no more, and the connection is told all the same where the run stands.
    pub(super) async fn attach(&self, run: &NewRun) -> Result<(), Fault> {
        let room = "attribute_exists(attached.#me) OR size(attached) < :max";
        let cursor = Cursor::new(0, run.shape);
        let attach = self
            .noting(
                run,
                ", attached.#me = if_not_exists(attached.#me, :cursor)",
                room,
            )
            .expression_attribute_names("#me", run.watcher.as_str())
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
            None => Err(Fault::Refused),
        }
    }

    fn noting(&self, run: &NewRun, more: &str, condition: &str) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(run.key.item(keys::run(&run.run_id))))
            .update_expression(format!("SET repeated = :true{more}"))
            .condition_expression(format!("#status IN (:queued, :running) AND ({condition})"))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":true", AttributeValue::Bool(true))
            .expression_attribute_values(":queued", s("queued"))
            .expression_attribute_values(":running", s("running"))
    }

    /// Removes what a start wrote, unless a worker has the run, or the start was repeated: then its row is told.
    /// The row goes first, because it alone says whether a worker has the run.
    pub(super) async fn take_back(&self, run: &NewRun) -> Result<Option<RunRow>, Fault> {
        let deletes = vec![
            self.delete_untouched(run)?,
            self.delete(run, keys::input(&run.run_id))?,
        ];
        match self.transact(&deletes).await {
            Ok(()) => Ok(None),
            Err(Fault::Refused) => self.run(&run.key, &run.run_id).await,
            Err(fault) => Err(fault),
        }
    }

    /// The same for a run that may be in line already.
    pub(super) async fn withdraw(
        &self,
        queue: &Queue,
        run: &NewRun,
    ) -> Result<Option<RunRow>, Fault> {
        let taken = self.take_back(run).await?;
        if taken.is_none() {
            self.leave_line(queue, run).await?;
        }
        Ok(taken)
    }

    /// Whoever is first now may have counted on the run before it. When the run cannot be taken out of the
    /// line, its own message makes a worker do so. A repetition that was recorded in between stood there, too.
    async fn leave_line(&self, queue: &Queue, run: &NewRun) -> Result<(), Fault> {
        match self.leave(&run.key, &run.run_id).await {
            Ok(Some(head)) => queue.send(&job(&run.key, &head)).await?,
            Ok(None) => {}
            Err(fault) => {
                queue.send(&job(&run.key, &run.run_id)).await?;
                return Err(fault);
            }
        }
        let repeated = self.run(&run.key, &run.run_id).await?;
        if repeated.is_some_and(|row| !row.status.ended()) {
            self.line_up(queue, run).await?;
        }
        Ok(())
    }

    fn put_if_new(
        &self,
        run: &NewRun,
        sort: String,
        body: Item,
    ) -> Result<TransactWriteItem, Fault> {
        let put = Put::builder()
            .condition_expression("attribute_not_exists(#status) OR #ttl <= :now")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", n(run.now));
        self.put(run, sort, body, put)
    }

    fn put_over(&self, run: &NewRun, sort: String, body: Item) -> Result<TransactWriteItem, Fault> {
        self.put(run, sort, body, Put::builder())
    }

    fn put(
        &self,
        run: &NewRun,
        sort: String,
        body: Item,
        put: aws_sdk_dynamodb::types::builders::PutBuilder,
    ) -> Result<TransactWriteItem, Fault> {
        let mut item = run.key.item(sort);
        item.extend(body);
        let put = put.table_name(&self.table).set_item(Some(item)).build();
        Ok(TransactWriteItem::builder().put(put?).build())
    }

    fn delete_untouched(&self, run: &NewRun) -> Result<TransactWriteItem, Fault> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(run.key.item(keys::run(&run.run_id))))
            .condition_expression(
                "#status = :queued AND epoch = :none AND attribute_not_exists(repeated)",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":queued", s("queued"))
            .expression_attribute_values(":none", n(0_u32))
            .build();
        Ok(TransactWriteItem::builder().delete(delete?).build())
    }

    fn delete(&self, run: &NewRun, sort: String) -> Result<TransactWriteItem, Fault> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(run.key.item(sort)))
            .build();
        Ok(TransactWriteItem::builder().delete(delete?).build())
    }
}
