//! Inbox of a connection's user: the device that the connection is, and how far the events were sent to it.

use longwire_core::ids::{ConnectionId, DeviceId};

use crate::connections::{Connection, Connections};
use crate::error::StoreError;
use crate::item::{n, s};
use crate::update::{Updated, update};

/// Outcome of naming the device of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceSet {
    /// The connection is this device.
    Set,
    /// Another device, which the connection named before.
    Other,
    /// There is no connection any more.
    Missing,
}

impl Connections {
    /// Names the device of a connection, once: what one device has seen must not count for another.
    pub async fn set_device(
        &self,
        id: &ConnectionId,
        device: &DeviceId,
    ) -> Result<DeviceSet, StoreError> {
        let set = self
            .row_request(id)
            .update_expression("SET deviceId = :device")
            .condition_expression(
                "attribute_exists(#connection) \
                 AND (attribute_not_exists(deviceId) OR deviceId = :device)",
            )
            .expression_attribute_values(":device", s(device.as_str()));
        Ok(match update::<Connection>(set).await? {
            Updated::Done(_) => DeviceSet::Set,
            Updated::ConditionFailed(Some(_)) => DeviceSet::Other,
            Updated::ConditionFailed(None) => DeviceSet::Missing,
        })
    }

    /// Notes that the events until `last` were asked for at `now`, in seconds since 1970. A connection without a row is left as
    /// it is.
    pub async fn note_asked(
        &self,
        id: &ConnectionId,
        last: u64,
        now: u64,
    ) -> Result<(), StoreError> {
        let note = self
            .row_request(id)
            .update_expression("SET drainAsked = :last, drainAskedAt = :now")
            .condition_expression("attribute_exists(#connection)")
            .expression_attribute_values(":last", n(last))
            .expression_attribute_values(":now", n(now));
        update::<Connection>(note).await.map(drop)
    }

    /// Notes that the events until `last` were sent. A connection without a row is left as it is, and so is a higher number.
    pub async fn note_drained(&self, id: &ConnectionId, last: u64) -> Result<(), StoreError> {
        let note = self
            .row_request(id)
            .update_expression("SET drainedTo = :last")
            .condition_expression(
                "attribute_exists(#connection) \
                 AND (attribute_not_exists(drainedTo) OR drainedTo < :last)",
            )
            .expression_attribute_values(":last", n(last));
        update::<Connection>(note).await.map(drop)
    }
}
