//! Notes of the events of services that start runs.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use longwire_core::ids::{ThreadId, UserId};
use serde::Deserialize;

use crate::error::StoreError;
use crate::event_key::{EventKey, KNOWN};
use crate::item::{flag, n, s};
use crate::update::{Updated, update};
use crate::users::{SORT, Users, key};

/// Note of an event that starts a run of a user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Prompted {
    /// Thread of the run.
    pub thread: ThreadId,
    /// Set when the run was recorded. It is not started again, also when the thread is gone.
    #[serde(default)]
    pub started: bool,
}

impl Users {
    /// Notes the thread on which an event starts its run, at `now`, in seconds since 1970. Returns the note that an earlier
    /// request with the same event has made within the last day, whatever thread that was: the event starts no second run.
    pub async fn note_prompted(
        &self,
        user: &UserId,
        event: &EventKey,
        thread: &ThreadId,
        now: u64,
    ) -> Result<Prompted, StoreError> {
        let note = self
            .note(user, event, thread, now)
            .update_expression("SET #thread = :thread, #ttl = :ttl REMOVE #started")
            .condition_expression("attribute_not_exists(#item) OR #ttl <= :now")
            .expression_attribute_names("#item", SORT)
            .expression_attribute_values(":now", n(now));
        match update(note).await? {
            Updated::Done(noted) | Updated::ConditionFailed(Some(noted)) => Ok(noted),
            Updated::ConditionFailed(None) => Err(StoreError::ConditionFailed),
        }
    }

    /// Notes, for a day from `now` on, that the run of an event was recorded on this thread.
    pub async fn note_started(
        &self,
        user: &UserId,
        event: &EventKey,
        thread: &ThreadId,
        now: u64,
    ) -> Result<(), StoreError> {
        let note = self
            .note(user, event, thread, now)
            .update_expression("SET #thread = :thread, #ttl = :ttl, #started = :started")
            .expression_attribute_values(":started", flag(true));
        update::<Prompted>(note).await.map(drop)
    }

    fn note(
        &self,
        user: &UserId,
        event: &EventKey,
        thread: &ThreadId,
        now: u64,
    ) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(user.as_str(), &format!("PROMPTED#{event}"))))
            .expression_attribute_names("#thread", "thread")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_names("#started", "started")
            .expression_attribute_values(":thread", s(thread.as_str()))
            .expression_attribute_values(":ttl", n(now + KNOWN))
    }
}
