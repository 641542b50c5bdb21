//! How many messages a connection may send. API Gateway limits an API, not a connection.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use serde::Deserialize;

use crate::connections::{Connections, PARTITION};
use crate::error::StoreError;
use crate::retry::with_jitter;
use crate::threads::item::{n, s};
use crate::threads::update::{Updated, update};
use longwire_core::ids::ConnectionId;

/// How long messages are counted together, in milliseconds.
const WINDOW: u64 = 4_000;

/// What a connection may send: so many messages a second, over a few seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Messages a second; nothing is counted with 0.
    pub per_second: u32,
}

/// The counter of one window, an item beside the connection's own: the indexes do not know it, so counting is one
/// small write.
#[derive(Deserialize)]
struct Counter {}

impl Connections {
    /// Counts a message of the connection at `now`, in milliseconds since 1970. Returns after how long the next
    /// is taken, when this one is too many.
    pub async fn count(
        &self,
        id: &ConnectionId,
        rate: Rate,
        now: u64,
    ) -> Result<Option<Duration>, StoreError> {
        let most = u64::from(rate.per_second) * WINDOW / 1000;
        if most == 0 {
            return Ok(None);
        }
        let one_more = || update::<Counter>(self.one_more(id, most, now));
        Ok(match with_jitter(one_more).await? {
            Updated::Done(_) => None,
            Updated::Refused(_) => Some(Duration::from_millis(WINDOW - now % WINDOW)),
        })
    }

    fn one_more(&self, id: &ConnectionId, most: u64, now: u64) -> UpdateItemFluentBuilder {
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
            .expression_attribute_values(":most", n(most))
    }
}
