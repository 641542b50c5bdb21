//! Keeping an event in an inbox.

use std::time::Duration;

use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use backon::{ExponentialBuilder, Retryable};
use longwire_core::cloud_event::CloudEvent;
use longwire_core::event_run::EventRun;
use longwire_core::ids::UserId;
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::to_item;

use crate::batch;
use crate::error::StoreError;
use crate::event_key::{EventKey, KNOWN};
use crate::item::{n, read};
use crate::transact::{Transacted, delete_item, put_item, transact, update_item};
use crate::users::inbox::{EventItem, HEAD, Head, MAX_EVENTS, event_key, sort};
use crate::users::{Users, key};

/// Rounds until an event is kept beside the events that are kept at the same time.
const ROUNDS: usize = 12;

/// Event to be kept. Times are seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct NewPush<'a> {
    /// User for whom it is kept.
    pub user: &'a UserId,
    /// The event.
    pub event: &'a CloudEvent,
    /// Run that the event started.
    pub run: Option<&'a EventRun>,
    /// Key by which it replaces an earlier event.
    pub collapse_key: Option<&'a str>,
    /// Current time.
    pub now: u64,
    /// Time until which the event is kept.
    pub until: u64,
}

/// Item with the number of an event: of a repeated one, or of the last one with a collapse key.
#[derive(Debug, Serialize, Deserialize)]
struct Numbered {
    seq: u64,
    ttl: u64,
}

/// State of an inbox before an event is kept.
#[derive(Debug, Default)]
struct Before {
    /// Number of the last event.
    last: u64,
    /// Number under which the same event is kept.
    known: Option<u64>,
    /// Number of the event that this one replaces.
    replaced: Option<u64>,
}

impl Users {
    /// Keeps an event, and returns its number. An event that was kept within the last day is not kept again.
    pub async fn keep(&self, push: NewPush<'_>) -> Result<u64, StoreError> {
        let pauses = ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(50))
            .with_max_delay(Duration::from_millis(800))
            .with_max_times(ROUNDS - 1)
            .with_jitter();
        let keep = || self.keep_next(&push);
        keep.retry(pauses).when(StoreError::retryable).await
    }

    /// Keeps an event under the next number, unless another one takes the number at the same time.
    async fn keep_next(&self, push: &NewPush<'_>) -> Result<u64, StoreError> {
        let before = self.before(push).await?;
        if let Some(seq) = before.known {
            return Ok(seq);
        }
        // The items were read one by one: another event may have been kept in between.
        if before.replaced.is_some_and(|seq| seq > before.last) {
            return Err(StoreError::TransactionConflict);
        }
        let writes = self.writes(push, &before)?;
        match transact(&self.client, &writes).await? {
            Transacted::Done => Ok(before.last + 1),
            Transacted::ConditionFailed { .. } => Err(StoreError::TransactionConflict),
        }
    }

    async fn before(&self, push: &NewPush<'_>) -> Result<Before, StoreError> {
        let known = push.known_key();
        let mut keys = vec![
            key(push.user.as_str(), HEAD),
            key(push.user.as_str(), &known),
        ];
        if let Some(collapse) = push.collapse_sort() {
            keys.push(key(push.user.as_str(), &collapse));
        }
        let mut before = Before::default();
        for item in batch::read(&self.client, &self.table, keys).await? {
            let name = sort(&item).unwrap_or_default().to_owned();
            if name == HEAD {
                before.last = read::<Head>(item)?.last;
                continue;
            }
            let numbered: Numbered = read(item)?;
            let valid = (numbered.ttl > push.now).then_some(numbered.seq);
            if name == known {
                before.known = valid;
            } else {
                before.replaced = valid;
            }
        }
        Ok(before)
    }

    /// Writes that keep the event under the next number.
    fn writes(
        &self,
        push: &NewPush<'_>,
        before: &Before,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let seq = before.last + 1;
        let kept = EventItem {
            seq,
            event: push.event.json().get().to_owned(),
            run: push.run.cloned(),
            ttl: push.until,
        };
        let mut writes = vec![
            self.move_head(push.user, before.last)?,
            put_item(self.put(push.user, &event_key(seq), kept)?)?,
        ];
        let ttl = push.now + KNOWN;
        let known = self.put(push.user, &push.known_key(), Numbered { seq, ttl })?;
        writes.push(put_item(unless_replaced(known, None, push.now))?);
        if let Some(collapse) = push.collapse_sort() {
            let ttl = push.until;
            let collapse = self.put(push.user, &collapse, Numbered { seq, ttl })?;
            writes.push(put_item(unless_replaced(
                collapse,
                before.replaced,
                push.now,
            ))?);
        }
        let oldest = seq.checked_sub(MAX_EVENTS).filter(|&oldest| oldest > 0);
        let mut removed = vec![before.replaced, oldest];
        removed.dedup();
        for removed in removed.into_iter().flatten() {
            writes.push(self.remove(push.user, &event_key(removed))?);
        }
        Ok(writes)
    }

    /// Moves the head on by one. Two events at the same time cannot have the same number.
    fn move_head(&self, user: &UserId, last: u64) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(user.as_str(), HEAD)))
            .update_expression("SET #last = :next")
            .condition_expression("attribute_not_exists(#last) OR #last = :last")
            .expression_attribute_names("#last", "last")
            .expression_attribute_values(":last", n(last))
            .expression_attribute_values(":next", n(last + 1));
        update_item(update)
    }

    fn put(
        &self,
        user: &UserId,
        sort: &str,
        body: impl Serialize,
    ) -> Result<PutBuilder, StoreError> {
        let mut item = key(user.as_str(), sort);
        item.extend(to_item(body)?);
        Ok(Put::builder().table_name(&self.table).set_item(Some(item)))
    }

    fn remove(&self, user: &UserId, sort: &str) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder().table_name(&self.table);
        delete_item(delete.set_key(Some(key(user.as_str(), sort))))
    }
}

/// Puts a number on the condition that the item has the number that was read, or that it has expired or does not exist.
fn unless_replaced(put: PutBuilder, known: Option<u64>, now: u64) -> PutBuilder {
    match known {
        Some(seq) => put
            .condition_expression("seq = :known")
            .expression_attribute_values(":known", n(seq)),
        None => put
            .condition_expression("attribute_not_exists(seq) OR #ttl <= :now")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", n(now)),
    }
}

impl NewPush<'_> {
    /// Sort key of the note that the event was kept.
    fn known_key(&self) -> String {
        format!("PUSHED#{}", EventKey::of(self.event))
    }

    /// Sort key of the note of the last event with the same collapse key.
    fn collapse_sort(&self) -> Option<String> {
        self.collapse_key.map(|key| format!("COLLAPSE#{key}"))
    }
}
