//! Removing a run without a row from a run queue.

use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem, Update};
use longwire_core::ids::RunId;
use longwire_core::thread_key::ThreadKey;

use crate::error::StoreError;
use crate::item::s;
use crate::threads::Threads;
use crate::threads::keys;
use crate::threads::meta::Meta;
use crate::transact::{Transacted, check_item, update_item};
use crate::update::MAX_ROUNDS;

impl Threads {
    /// Removes a run without a row from the run queue, at any position, and returns the thread as it is afterwards. Returns
    /// `None` when the run is not in the queue, or has a row: a repetition of its start, which counts on its place, recorded
    /// it. Fails with [`StoreError::ConditionFailed`] when the position of the run changes four times meanwhile.
    pub async fn leave(&self, key: &ThreadKey, run_id: &RunId) -> Result<Option<Meta>, StoreError> {
        for _ in 0..MAX_ROUNDS {
            let meta = self.thread(key).await?;
            let Some(position) = meta.and_then(|meta| meta.position(run_id)) else {
                return Ok(None);
            };
            let items = [
                self.check_no_row(key, run_id)?,
                self.remove_at(key, run_id, position)?,
            ];
            match self.transact(&items).await? {
                // A transaction returns no item, and a run may have been appended since the read.
                Transacted::Done => return self.thread(key).await,
                Transacted::ConditionFailed { first: 0 } => return Ok(None),
                Transacted::ConditionFailed { .. } => {}
            }
        }
        Err(StoreError::ConditionFailed)
    }

    pub(super) fn check_no_row(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
    ) -> Result<TransactWriteItem, StoreError> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(keys::item(key, keys::run(run_id))))
            .condition_expression("attribute_not_exists(#status)")
            .expression_attribute_names("#status", "status");
        check_item(check)
    }

    fn remove_at(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        position: usize,
    ) -> Result<TransactWriteItem, StoreError> {
        let remove = Update::builder()
            .table_name(&self.table)
            .set_key(Some(keys::item(key, keys::META)))
            .update_expression(format!("REMOVE #line[{position}]"))
            .condition_expression(format!("#line[{position}] = :run"))
            .expression_attribute_names("#line", "line")
            .expression_attribute_values(":run", s(run_id.as_str()));
        update_item(remove)
    }
}
