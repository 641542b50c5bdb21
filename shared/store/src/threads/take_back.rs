//! Taking a start back: deleting what it wrote.

use longwire_core::run::{RunRow, RunStatus};

use crate::error::StoreError;
use crate::item::n;
use crate::retry::with_jitter;
use crate::threads::Threads;
use crate::threads::keys;
use crate::threads::record::NewRun;
use crate::threads::transition::status_value;
use crate::transact::{Transacted, delete_item};
use crate::update::held;

impl Threads {
    /// Deletes the row and the input of a start in one transaction, unless a worker has claimed the run, the start was
    /// repeated, or the run has accepted a text. Returns the row when it stays, or the one of another start: a thread can be
    /// erased and used again meanwhile. Without a row it deletes the input that this start wrote after the row was erased.
    pub async fn take_back(&self, run: &NewRun) -> Result<Option<RunRow>, StoreError> {
        let row = self
            .delete(&run.key, keys::run(&run.run_id))
            .condition_expression(
                "#status = :queued AND epoch = :none AND attribute_not_exists(repeated) AND attribute_not_exists(steers) \
                 AND recordedAt = :recordedAt",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":queued", status_value(RunStatus::Queued))
            .expression_attribute_values(":none", n(0_u32))
            .expression_attribute_values(":recordedAt", n(run.recorded_at));
        let input = self.delete(&run.key, keys::input(&run.run_id));
        let deletes = [delete_item(row)?, delete_item(input)?];
        if self.transact(&deletes).await? == Transacted::Done {
            return Ok(None);
        }
        let row = self.run_row(&run.key, &run.run_id).await?;
        if row.is_none() {
            self.delete_input(run).await?;
        }
        Ok(row)
    }

    /// Deletes the input of a run that does not begin, if this start wrote it.
    pub async fn delete_input(&self, run: &NewRun) -> Result<(), StoreError> {
        let request = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(keys::item(&run.key, keys::input(&run.run_id))))
            .condition_expression("recordedAt = :recordedAt")
            .expression_attribute_values(":recordedAt", n(run.recorded_at));
        held(with_jitter(|| async { Ok(request.clone().send().await?) }).await).map(drop)
    }
}
