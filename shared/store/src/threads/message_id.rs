//! Message ids that clients chose. An id is reserved for one run, so that no two messages of a thread share it.

use longwire_core::ids::{MessageId, RunId};
use longwire_core::thread_key::ThreadKey;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::item::s;
use crate::retry::with_jitter;
use crate::threads::Threads;
use crate::threads::keys;

/// Condition of a write by the run `:run`: no other run has the id.
pub(super) const FREE: &str = "attribute_not_exists(runId) OR runId = :run";

/// Item of a message id, without its keys. It lives as long as its generation of the thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageIdItem {
    /// Run that the id belongs to.
    pub(super) run_id: RunId,
    /// Number of the message, once it is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) number: Option<u64>,
}

impl Threads {
    /// Reserves a message id in a generation of a thread for a run. Returns `false` when it belongs to another run.
    pub async fn reserve_message_id(
        &self,
        key: &ThreadKey,
        generation: u64,
        message_id: &MessageId,
        run_id: &RunId,
    ) -> Result<bool, StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::item(
                key,
                keys::message_id(generation, message_id),
            )))
            .update_expression("SET runId = :run")
            .condition_expression(FREE)
            .expression_attribute_values(":run", s(run_id.as_str()));
        let sent = with_jitter(|| async { Ok(request.clone().send().await?) }).await;
        match sent {
            Ok(_) => Ok(true),
            Err(StoreError::ConditionFailed) => Ok(false),
            Err(error) => Err(error),
        }
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
        match sent {
            Ok(_) | Err(StoreError::ConditionFailed) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
