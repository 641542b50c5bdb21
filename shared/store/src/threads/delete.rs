//! Deleting a thread.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use longwire_core::thread_key::ThreadKey;

use crate::error::StoreError;
use crate::item::n;
use crate::threads::Threads;
use crate::threads::meta::Meta;
use crate::update::{Updated, update};

/// Time for which the item of a deleted thread remembers the deletion: as long as the row of a run that was recorded
/// before it.
const REMEMBERED: Duration = Duration::from_secs(48 * 3600);

impl Threads {
    /// Deletes a thread at `now`, in milliseconds since 1970: starts its next generation with an empty run queue. Runs
    /// that were recorded before are not appended any more. The items of the former generation are erased later, by
    /// the function on the table's stream. Returns `false` when there is no thread.
    pub async fn delete_thread(&self, key: &ThreadKey, now: u64) -> Result<bool, StoreError> {
        let expiry = now / 1000 + REMEMBERED.as_secs();
        let delete = self
            .update_meta(key)
            .update_expression(
                "SET #line = :none, born = born + :one, deletedAt = :now, #ttl = :ttl REMOVE tip, latest",
            )
            // A deletion whose response was lost is not made again: runs may have been appended since.
            .condition_expression(
                "attribute_exists(born) AND (attribute_not_exists(deletedAt) OR deletedAt < :now)",
            )
            .expression_attribute_names("#line", "line")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":one", n(1_u32))
            .expression_attribute_values(":now", n(now))
            .expression_attribute_values(":ttl", n(expiry));
        Ok(match update::<Meta>(delete).await? {
            Updated::Done(_) => true,
            Updated::ConditionFailed(meta) => meta.is_some(),
        })
    }
}
