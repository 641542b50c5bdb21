//! Rate limit of a connection's requests. The limits of API Gateway apply to a whole API, not to one connection.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use longwire_core::ids::ConnectionId;
use serde::Deserialize;

use crate::connections::{Connections, PARTITION};
use crate::error::StoreError;
use crate::item::{n, s};
use crate::update::{Updated, update};

/// Length of a counting window, in milliseconds.
const WINDOW: u64 = 4_000;

/// Limit of a connection's requests, counted per window of 4 s, so that a short burst passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Average requests per second; 0 turns counting off.
    pub per_second: u32,
}

/// Counter item of one window. It is separate from the connection's row and in no index, so an increment is one
/// small write.
#[derive(Deserialize)]
struct Counter {}

impl Connections {
    /// Counts a request of the connection at `now`, in milliseconds since 1970. Returns the time until the next
    /// window when this window's limit is reached, and `None` when the request is allowed. A request whose counting
    /// got a lost response may count twice.
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
        let counted = update::<Counter>(self.increment(id, limit, now)).await?;
        Ok(match counted {
            Updated::Done(_) => None,
            Updated::ConditionFailed(_) => Some(Duration::from_millis(WINDOW - now % WINDOW)),
        })
    }

    fn increment(&self, id: &ConnectionId, limit: u64, now: u64) -> UpdateItemFluentBuilder {
        let window = now / WINDOW;
        self.client
            .update_item()
            .table_name(&self.table)
            .key(PARTITION, s(format!("{id}#messages#{window}")))
            .update_expression("SET #ttl = :ttl ADD messages :one")
            .condition_expression("attribute_not_exists(messages) OR messages < :most")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":ttl", n((now + 2 * WINDOW) / 1000))
            .expression_attribute_values(":one", n(1_u32))
            .expression_attribute_values(":most", n(limit))
    }
}
