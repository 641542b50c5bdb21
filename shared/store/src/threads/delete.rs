//! Deleting a thread.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use longwire_core::thread_key::ThreadKey;

use crate::error::StoreError;
use crate::item::n;
use crate::threads::Threads;
use crate::threads::meta::Meta;
use crate::threads::waiting::{ATTRIBUTES, with_names};
use crate::update::{MAX_ROUNDS, Updated, update};

/// Time for which the item of a deleted thread remembers the deletion: as long as the row of a run that was recorded
/// before it.
const REMEMBERED: Duration = Duration::from_secs(48 * 3600);

impl Threads {
    /// Deletes a thread at `now`, in milliseconds since 1970: starts its next generation with an empty run queue. Runs
    /// that were recorded before are not appended any more; the deletion counts as later than all runs that were appended.
    /// The items of the former generation are erased later, by the function on the table's stream. Returns `false` when
    /// there is no thread. Fails with [`StoreError::ConditionFailed`] when runs are appended four times meanwhile.
    pub async fn delete_thread(&self, key: &ThreadKey, now: u64) -> Result<bool, StoreError> {
        let mut deleted_at = now;
        for _ in 0..MAX_ROUNDS {
            let meta: Meta = match update(self.delete_request(key, deleted_at)).await? {
                Updated::Done::<Meta>(_) => return Ok(true),
                Updated::ConditionFailed(None) => return Ok(false),
                Updated::ConditionFailed(Some(meta)) => meta,
            };
            // This deletion, whose response was lost, is not made again: runs may have been appended since.
            if meta.deleted_after(now.saturating_sub(1)) {
                return Ok(true);
            }
            deleted_at = meta
                .recorded_at
                .map_or(now, |recorded| now.max(recorded + 1));
        }
        Err(StoreError::ConditionFailed)
    }

    fn delete_request(&self, key: &ThreadKey, deleted_at: u64) -> UpdateItemFluentBuilder {
        let expiry = deleted_at / 1000 + REMEMBERED.as_secs();
        with_names(self.update_meta(key))
            .update_expression(format!(
                "SET #line = :none, born = born + :one, deletedAt = :at, #ttl = :ttl \
                 REMOVE tip, lastInput, latest, {ATTRIBUTES}"
            ))
            .condition_expression(
                "attribute_exists(born) AND (attribute_not_exists(recordedAt) OR recordedAt < :at) \
                 AND (attribute_not_exists(deletedAt) OR deletedAt < :at)",
            )
            .expression_attribute_names("#line", "line")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":one", n(1_u32))
            .expression_attribute_values(":at", n(deleted_at))
            .expression_attribute_values(":ttl", n(expiry))
    }
}
