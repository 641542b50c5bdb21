//! Counters of a connection's requests and of those that were refused. The limits of API Gateway apply to a whole API,
//! not to one connection.

use std::time::Duration;

use longwire_core::ids::ConnectionId;
use serde::Deserialize;

use crate::connections::{Connections, PARTITION};
use crate::error::StoreError;
use crate::item::{n, s};
use crate::update::{Updated, update};

/// Length of a window in which requests are counted, in milliseconds.
const WINDOW: u64 = 4_000;

/// Length of a window in which refusals are counted, in milliseconds.
const MINUTE: u64 = 60_000;

/// Limit of a connection's requests, counted per window of 4 s, so that a short burst passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Average requests per second; 0 turns counting off.
    pub per_second: u32,
}

/// Counter item of one window. It is separate from the connection's row and in no index, so an increment is one
/// small write.
#[derive(Deserialize)]
struct Counter {
    messages: u64,
}

impl Connections {
    /// Counts a request of the connection at `now`, in milliseconds since 1970. Returns the time until the next
    /// window when the request is beyond this window's limit, and `None` when it is allowed. Requests beyond the
    /// limit count as well. A request whose counting got a lost response may count twice.
    pub async fn count_request(
        &self,
        id: &ConnectionId,
        rate: Rate,
        now: u64,
    ) -> Result<Option<Duration>, StoreError> {
        let limit = u64::from(rate.per_second) * WINDOW / 1000;
        if limit == 0 {
            return Ok(None);
        }
        let counted = self.count(id, "messages", WINDOW, now).await?;
        Ok((counted > limit).then(|| Duration::from_millis(WINDOW - now % WINDOW)))
    }

    /// Counts a request of the connection that was refused at `now`, in milliseconds since 1970, because the
    /// connection sends too many. Returns the number of such refusals in this minute.
    pub async fn count_refusal(&self, id: &ConnectionId, now: u64) -> Result<u64, StoreError> {
        self.count(id, "refused", MINUTE, now).await
    }

    /// Increments the counter of the window of `length` milliseconds that contains `now`, and returns it.
    async fn count(
        &self,
        id: &ConnectionId,
        counter: &str,
        length: u64,
        now: u64,
    ) -> Result<u64, StoreError> {
        let window = now / length;
        let increment = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(PARTITION, s(format!("{id}#{counter}#{window}")))
            .update_expression("SET #ttl = :ttl ADD messages :one")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":ttl", n((now + 2 * length) / 1000))
            .expression_attribute_values(":one", n(1_u32));
        match update::<Counter>(increment).await? {
            Updated::Done(counter) => Ok(counter.messages),
            // An increment has no condition.
            Updated::ConditionFailed(_) => Err(StoreError::ConditionFailed),
        }
    }
}
