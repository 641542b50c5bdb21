//! Closing of a connection, which the function `replay` does.

use longwire_core::ids::ConnectionId;

use crate::connections::Connections;
use crate::connections::replays::ReplayRow;
use crate::error::StoreError;
use crate::item::n;
use crate::update::{Updated, update};

/// Seconds after which the job of a closing connection is sent again, because it may have been lost.
const CLOSE_AGAIN: u64 = 10;

impl Connections {
    /// Marks the connection as one to be closed. Returns whether a connection job must be sent: for the first mark, and
    /// again after 10 s, because that job may have been lost. `now` is in seconds since 1970.
    pub async fn mark_closing(&self, id: &ConnectionId, now: u64) -> Result<bool, StoreError> {
        let mark = self
            .row_request(id)
            .update_expression("SET closing = :now")
            .condition_expression(
                "attribute_exists(#connection) AND (attribute_not_exists(closing) OR closing < :before)",
            )
            .expression_attribute_values(":now", n(now))
            .expression_attribute_values(":before", n(now.saturating_sub(CLOSE_AGAIN)));
        let marked = update::<ReplayRow>(mark).await?;
        Ok(matches!(marked, Updated::Done(_)))
    }
}
