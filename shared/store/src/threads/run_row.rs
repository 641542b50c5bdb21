//! Reads and updates of a run's control row.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use longwire_core::ids::RunId;
use longwire_core::run::{RunRow, RunStatus};
use longwire_core::thread_key::ThreadKey;
use serde::Deserialize;

use crate::error::StoreError;
use crate::item::{n, s};
use crate::retry::with_jitter;
use crate::threads::Threads;
use crate::threads::keys;
use crate::threads::transition::{Transition, status_value};
use crate::update::{Updated, held, update};

/// Status of a row, as far as this version knows it.
#[derive(Deserialize)]
pub(super) struct StoredStatus {
    #[serde(default)]
    status: String,
}

impl StoredStatus {
    /// Tells whether the status is one that this version knows as final.
    pub(super) fn ended(&self) -> bool {
        let ended = RunStatus::ENDED.map(status_value);
        ended.contains(&s(self.status.as_str()))
    }
}

impl Threads {
    /// Reads a run's control row consistently; `None` when there is no such run.
    pub async fn run_row(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
    ) -> Result<Option<RunRow>, StoreError> {
        self.get(key, keys::run(run_id)).await
    }

    /// Ends a run whose row this version cannot deserialize, without reading it, at `now` in seconds since 1970: it has
    /// failed. Returns whether the run has ended, now or before, or is missing; a run under a valid lease continues.
    pub async fn end_unreadable(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        now: u64,
    ) -> Result<bool, StoreError> {
        let [finished, failed, cancelled] = RunStatus::ENDED.map(status_value);
        let request = self
            .update_row(key, run_id)
            .update_expression(
                "SET #status = :failed, endedAt = :now REMOVE wakeBy, #open, takenBy",
            )
            .condition_expression(
                "attribute_exists(#status) AND NOT #status IN (:finished, :failed, :cancelled) \
                 AND (attribute_not_exists(leaseUntil) OR leaseUntil < :now)",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":finished", finished)
            .expression_attribute_values(":failed", failed)
            .expression_attribute_values(":cancelled", cancelled)
            .expression_attribute_values(":now", n(now));
        let sent = with_jitter(|| async { Ok(request.clone().send().await?) }).await;
        if held(sent)? {
            return Ok(true);
        }
        let row: Option<StoredStatus> = self.get(key, keys::run(run_id)).await?;
        Ok(row.is_none_or(|row| row.ended()))
    }

    /// Makes a transition of a run, as a write of its own. After a lost response a retry is refused by the row that
    /// the transition left.
    pub(super) async fn apply(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        transition: Transition<'_>,
    ) -> Result<Updated<RunRow>, StoreError> {
        let request = self.update_row(key, run_id);
        update(transition.expression()?.into_request(request)).await
    }

    /// Prepares an update of an unfinished run that changes no state. The request lacks an update expression.
    pub(super) fn update_unfinished(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        condition: &str,
    ) -> UpdateItemFluentBuilder {
        self.update_row(key, run_id)
            .condition_expression(format!("#status IN (:queued, :running) AND {condition}"))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":queued", status_value(RunStatus::Queued))
            .expression_attribute_values(":running", status_value(RunStatus::Running))
    }

    /// Prepares an update of a control row. The request lacks its expressions.
    pub(super) fn update_row(&self, key: &ThreadKey, run_id: &RunId) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::item(key, keys::run(run_id))))
    }
}
