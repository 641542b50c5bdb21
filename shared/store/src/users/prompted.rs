//! Threads on which events of services start their runs.

use longwire_core::ids::{ThreadId, UserId};
use serde::Deserialize;

use crate::error::StoreError;
use crate::event_key::{EventKey, KNOWN};
use crate::item::{n, s};
use crate::update::{Updated, update};
use crate::users::{SORT, Users, key};

/// Note of the thread of an event.
#[derive(Debug, Deserialize)]
struct Prompted {
    thread: ThreadId,
}

impl Users {
    /// Notes the thread on which an event starts its run, at `now`, in seconds since 1970. Returns the one that an earlier
    /// request with the same event noted within the last day: it starts no second run on another thread.
    pub async fn prompted_thread(
        &self,
        user: &UserId,
        event: &EventKey,
        thread: &ThreadId,
        now: u64,
    ) -> Result<ThreadId, StoreError> {
        let note = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(user.as_str(), &format!("PROMPTED#{event}"))))
            .update_expression("SET #thread = :thread, #ttl = :ttl")
            .condition_expression("attribute_not_exists(#item) OR #ttl <= :now")
            .expression_attribute_names("#item", SORT)
            .expression_attribute_names("#thread", "thread")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":thread", s(thread.as_str()))
            .expression_attribute_values(":now", n(now))
            .expression_attribute_values(":ttl", n(now + KNOWN));
        match update::<Prompted>(note).await? {
            Updated::Done(noted) | Updated::ConditionFailed(Some(noted)) => Ok(noted.thread),
            Updated::ConditionFailed(None) => Err(StoreError::ConditionFailed),
        }
    }
}
