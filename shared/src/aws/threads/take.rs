//! How a worker comes to own a run.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;

use super::item::{n, s};
use super::keys::{self, ThreadKey};
use super::update::{Updated, update};
use super::{Threads, WAKE_AFTER_LEASE};
use crate::aws::fault::Fault;
use crate::ids::RunId;
use crate::run::{RunRow, Status};

/// What a worker finds when it reaches for a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Take {
    /// The run is this worker's, under the row's epoch. The row is as it stands now.
    Taken(RunRow),
    /// Another worker holds its lease.
    Leased(RunRow),
    /// It has ended.
    Ended(RunRow),
    /// There is no such run: its start was taken back, or it is forgotten.
    Missing,
}

/// A worker that wants a run. Times are seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct Taker<'a> {
    /// The invocation's id.
    pub id: &'a str,
    /// Now.
    pub now: u64,
    /// Until when its word shall hold.
    pub until: u64,
}

impl Threads {
    /// Takes a run that is queued, or whose owner died: raises its epoch and sets its lease.
    pub async fn take(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        taker: Taker<'_>,
    ) -> Result<Take, Fault> {
        let first = self
            .lease(key, run_id, taker, "")
            .condition_expression("#status = :queued")
            .expression_attribute_values(":queued", s("queued"));
        let found: RunRow = match update(first).await? {
            Updated::Done(row) => return Ok(Take::Taken(row)),
            Updated::Refused(None) => return Ok(Take::Missing),
            Updated::Refused(Some(row)) => row,
        };
        match found.status {
            Status::Finished | Status::Failed | Status::Cancelled => Ok(Take::Ended(found)),
            // The answer to an earlier try was lost: the run is this worker's already.
            Status::Running if found.taken_by.as_deref() == Some(taker.id) => {
                Ok(Take::Taken(found))
            }
            Status::Running if found.lease_until < taker.now => {
                self.take_over(key, run_id, taker, found).await
            }
            Status::Queued | Status::Running => Ok(Take::Leased(found)),
        }
    }

    /// Takes a run over from a worker that died on it. The write records the restart, so that the restart
    /// line stands before anybody sees it: lines after the last one in the log are void. RUN_STARTED always
    /// stands, because every worker makes the same bytes of it.
    async fn take_over(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        taker: Taker<'_>,
        found: RunRow,
    ) -> Result<Take, Fault> {
        let keep = found.last_seq.max(1);
        let restart =
            ", crashes = crashes + :one, restarts = list_append(restarts, :keep), lastSeq = :seq";
        let request = self
            .lease(key, run_id, taker, restart)
            .condition_expression("#status = :running AND epoch = :dead AND leaseUntil = :over")
            .expression_attribute_values(":dead", n(found.epoch))
            .expression_attribute_values(":over", n(found.lease_until))
            .expression_attribute_values(":keep", AttributeValue::L(vec![n(keep)]))
            .expression_attribute_values(":seq", n(keep + 1));
        Ok(match update::<RunRow>(request).await? {
            Updated::Done(row) => Take::Taken(row),
            Updated::Refused(Some(row)) if row.taken_by.as_deref() == Some(taker.id) => {
                Take::Taken(row)
            }
            Updated::Refused(Some(row)) if row.status.ended() => Take::Ended(row),
            Updated::Refused(Some(row)) => Take::Leased(row),
            Updated::Refused(None) => Take::Missing,
        })
    }

    fn lease(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        taker: Taker<'_>,
        more: &str,
    ) -> UpdateItemFluentBuilder {
        let lease = "SET #status = :running, takenBy = :taker, leaseUntil = :until, wakeBy = :wake";
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.item(keys::run(run_id))))
            .update_expression(format!("{lease}{more} ADD epoch :one"))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":running", s("running"))
            .expression_attribute_values(":taker", s(taker.id))
            .expression_attribute_values(":one", n(1_u32))
            .expression_attribute_values(":until", n(taker.until))
            .expression_attribute_values(":wake", n(taker.until + WAKE_AFTER_LEASE.as_secs()))
    }
}
