//! Inbox of a user: events that are kept until each of the user's devices has seen them.
//!
//! Events are numbered without gaps: one transaction puts an event and moves the number on, so that no number is seen before
//! the one below it exists. A device has seen the events up to a number.

mod keep;

use aws_sdk_dynamodb::types::AttributeValue;
use longwire_core::cloud_event::{CloudEvent, MAX_KEEP};
use longwire_core::event_run::EventRun;
use longwire_core::ids::{DeviceId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::batch;
use crate::error::StoreError;
use crate::item::{Item, n, read, s};
use crate::update::{Updated, update};
use crate::users::{PARTITION, SORT, Users, key};

pub use self::keep::NewPush;

/// Most events of a user. One more drops the oldest.
pub const MAX_EVENTS: u64 = 1_000;

/// Time after which a device that has seen nothing more is forgotten, in seconds. The events that it has seen have expired by
/// then.
const DEVICE_TTL: u64 = MAX_KEEP + 24 * 3600;

/// Sort key of the head.
const HEAD: &str = "INBOX";

/// Beginning of the sort keys of events.
const EVENT: &str = "INBOX#";

/// Event that is kept.
#[derive(Debug, Clone)]
pub struct KeptEvent {
    /// Number in the inbox, from 1.
    pub seq: u64,
    /// The event.
    pub event: CloudEvent,
    /// Run that the event started.
    pub run: Option<EventRun>,
}

/// Item of an event.
#[derive(Debug, Serialize, Deserialize)]
struct EventItem {
    seq: u64,
    /// The event, as JSON.
    event: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<EventRun>,
    /// Expiry in seconds since 1970.
    ttl: u64,
}

/// Page of the events of an inbox.
#[derive(Debug, Clone)]
pub struct InboxPage {
    /// Events, the oldest first.
    pub events: Vec<KeptEvent>,
    /// Number after which the next page begins; `None` on the last one.
    pub next: Option<u64>,
}

/// State of an inbox, for one device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InboxState {
    /// Number of the last event; 0 without one.
    pub last: u64,
    /// Number up to which the device has seen the events.
    pub seen: u64,
}

/// Head of an inbox.
#[derive(Debug, Default, Deserialize)]
struct Head {
    #[serde(default)]
    last: u64,
}

/// State of a device.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Device {
    #[serde(default)]
    up_to: u64,
}

impl Users {
    /// Reads the state of an inbox. Clients that name no device are one device.
    pub async fn inbox_state(
        &self,
        user: &UserId,
        device: Option<&DeviceId>,
    ) -> Result<InboxState, StoreError> {
        let keys = [HEAD.to_owned(), device_key(device)];
        let keys = keys.iter().map(|sort| key(user.as_str(), sort));
        let items = batch::read(&self.client, &self.table, keys.collect()).await?;
        let mut state = InboxState::default();
        for item in items {
            if sort(&item) == Some(HEAD) {
                state.last = read::<Head>(item)?.last;
            } else {
                state.seen = read::<Device>(item)?.up_to;
            }
        }
        Ok(state)
    }

    /// Reads up to `limit` events after a number. Events that are expired at `now`, in seconds since 1970, are left out, and so
    /// is one that cannot be read: it must not hold up the others.
    pub async fn inbox(
        &self,
        user: &UserId,
        after: u64,
        limit: u16,
        now: u64,
    ) -> Result<InboxPage, StoreError> {
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#user = :user AND #item BETWEEN :first AND :last")
            .expression_attribute_names("#user", PARTITION)
            .expression_attribute_names("#item", SORT)
            .expression_attribute_values(":user", s(user.as_str()))
            .expression_attribute_values(":first", s(event_key(after.saturating_add(1))))
            .expression_attribute_values(":last", s(event_key(u64::MAX)))
            .consistent_read(true)
            .limit(i32::from(limit))
            .send()
            .await?;
        let items = output.items.unwrap_or_default().into_iter();
        Ok(InboxPage {
            events: items.filter_map(|item| kept(item, now)).collect(),
            next: output.last_evaluated_key.as_ref().and_then(number),
        })
    }

    /// Notes that a device has seen the events up to a number, at `now`, in seconds since 1970. A lower number than before
    /// changes nothing. Numbers without an event are left out: they would hide events of the future.
    pub async fn note_seen(
        &self,
        user: &UserId,
        device: Option<&DeviceId>,
        up_to: u64,
        now: u64,
    ) -> Result<u64, StoreError> {
        let state = self.inbox_state(user, device).await?;
        let up_to = up_to.min(state.last);
        if up_to <= state.seen {
            return Ok(state.seen);
        }
        let note = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(user.as_str(), &device_key(device))))
            .update_expression("SET upTo = :upTo, #ttl = :ttl")
            .condition_expression("attribute_not_exists(upTo) OR upTo < :upTo")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":upTo", n(up_to))
            .expression_attribute_values(":ttl", n(now + DEVICE_TTL));
        Ok(match update::<Device>(note).await? {
            Updated::ConditionFailed(Some(device)) => device.up_to,
            Updated::Done(_) | Updated::ConditionFailed(None) => up_to,
        })
    }
}

/// Reads the item of an event; `None` for one that is expired at `now`, or cannot be read.
fn kept(item: Item, now: u64) -> Option<KeptEvent> {
    let seq = number(&item);
    let event = read::<EventItem>(item).and_then(|item| {
        let json = RawValue::from_string(item.event)
            .map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let event = CloudEvent::parse(&json);
        let event = event.map_err(|error| StoreError::Corrupt(error.to_string()))?;
        Ok((item.ttl > now).then_some(KeptEvent {
            seq: item.seq,
            event,
            run: item.run,
        }))
    });
    event
        .inspect_err(|error| {
            tracing::error!(
                event = "kept_event_unreadable",
                seq,
                %error,
                "an event of an inbox is left out"
            );
        })
        .ok()
        .flatten()
}

/// Number in the key of an event.
fn number(key: &Item) -> Option<u64> {
    sort(key)?.strip_prefix(EVENT)?.parse().ok()
}

/// Sort key of a device.
fn device_key(device: Option<&DeviceId>) -> String {
    format!("DEVICE#{}", device.map_or("", DeviceId::as_str))
}

/// Sort key of an event. Keys are in the order of the numbers.
fn event_key(seq: u64) -> String {
    format!("{EVENT}{seq:020}")
}

fn sort(item: &Item) -> Option<&str> {
    let sort = item.get(SORT).map(AttributeValue::as_s)?;
    sort.ok().map(String::as_str)
}
