//! Message ids that clients chose. An id is reserved for one run, so that no two messages of a thread share it.

use longwire_core::ids::{MessageId, RunId};
use longwire_core::thread_key::ThreadKey;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::item::{n, s};
use crate::retry::with_jitter;
use crate::threads::Threads;
use crate::threads::keys;
use crate::threads::record::RUN_TTL;
use crate::update::{Updated, held, update};

/// Condition of a write by the run `:run`: no other run has the id.
pub(super) const FREE: &str = "attribute_not_exists(runId) OR runId = :run";

/// Item of a message id, without its keys. It lives as long as its generation of the thread once the message is stored;
/// until then it expires with the row of its run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageIdItem {
    /// Run that the id belongs to.
    pub(super) run_id: RunId,
    /// Number of the message, once it is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) number: Option<u64>,
    /// The message is a text that was sent to the unfinished run. Its item has no expiry, also before it is stored.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) steer: bool,
    /// Expiry of the reservation, in seconds since 1970.
    #[serde(default, skip_serializing)]
    pub(super) ttl: Option<u64>,
}

impl Threads {
    /// Reserves a message id in a generation of a thread for a run, at `now` in seconds since 1970. Returns `false` when
    /// it belongs to another run.
    pub async fn reserve_message_id(
        &self,
        key: &ThreadKey,
        generation: u64,
        message_id: &MessageId,
        run_id: &RunId,
        now: u64,
    ) -> Result<bool, StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::item(
                key,
                keys::message_id(generation, message_id),
            )))
            .update_expression("SET runId = :run, #ttl = :ttl")
            .condition_expression(format!(
                "attribute_not_exists(#number) AND ({FREE} OR #ttl <= :now)"
            ))
            .expression_attribute_names("#number", "number")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":run", s(run_id.as_str()))
            .expression_attribute_values(":ttl", n(now + RUN_TTL))
            .expression_attribute_values(":now", n(now));
        Ok(match update::<MessageIdItem>(request).await? {
            Updated::Done(_) => true,
            Updated::ConditionFailed(item) => item.is_some_and(|item| item.run_id == *run_id),
        })
    }

    /// Releases the id of a message that was not stored, when the start of its run is taken back. Succeeds when the id
    /// belongs to another run or to none.
    pub async fn release_message_id(
        &self,
        key: &ThreadKey,
        generation: u64,
        message_id: &MessageId,
        run_id: &RunId,
    ) -> Result<(), StoreError> {
        let request = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(keys::item(
                key,
                keys::message_id(generation, message_id),
            )))
            .condition_expression("runId = :run AND attribute_not_exists(#number)")
            .expression_attribute_names("#number", "number")
            .expression_attribute_values(":run", s(run_id.as_str()));
        let sent = with_jitter(|| async { Ok(request.clone().send().await?) }).await;
        held(sent).map(drop)
    }
}
