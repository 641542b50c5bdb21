//! Note of the inbox that was sent to a connection.

use longwire_core::ids::{ConnectionId, DeviceId};

use crate::connections::Connections;
use crate::connections::replays::ReplayRow;
use crate::error::StoreError;
use crate::item::{n, s};
use crate::update::update;

impl Connections {
    /// Notes the device of a connection, and that the events of the inbox until `last` are being sent to it. A connection
    /// without a row is left as it is.
    pub async fn note_drained(
        &self,
        id: &ConnectionId,
        device: Option<&DeviceId>,
        last: u64,
    ) -> Result<(), StoreError> {
        let note = self
            .row_request(id)
            .condition_expression("attribute_exists(#connection)")
            .expression_attribute_values(":last", n(last));
        let note = match device {
            Some(device) => note
                .update_expression("SET drainedTo = :last, deviceId = :device")
                .expression_attribute_values(":device", s(device.as_str())),
            None => note.update_expression("SET drainedTo = :last"),
        };
        update::<ReplayRow>(note).await.map(drop)
    }
}
