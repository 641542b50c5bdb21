//! How many messages a connection may send. API Gateway limits an API, not a connection.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use serde::Deserialize;

use super::{Connections, PARTITION, TTL};
use crate::aws::fault::Fault;
use crate::aws::retry::with_jitter;
use crate::aws::threads::item::{n, s};
use crate::aws::threads::update::{Updated, update};
use crate::ids::ConnectionId;

/// How long messages are counted together, in milliseconds.
const WINDOW: u64 = 4_000;

/// How often two messages at once may get in each other's way.
const ROUNDS: usize = 3;

/// What a connection may send: so many messages a second, over a few seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Messages a second; nothing is counted with 0.
    pub per_second: u32,
}

/// The counter, an item beside the connection's own: the indexes do not know it, so counting is one small write.
#[derive(Deserialize)]
struct Counter {
    until: u64,
    messages: u64,
}

impl Connections {
    /// Counts a message of the connection at `now`, in milliseconds since 1970. Returns after how long the next
    /// is taken, when this one is too many.
    pub async fn count(
        &self,
        id: &ConnectionId,
        rate: Rate,
        now: u64,
    ) -> Result<Option<Duration>, Fault> {
        let most = u64::from(rate.per_second) * WINDOW / 1000;
        if most == 0 {
            return Ok(None);
        }
        for _ in 0..ROUNDS {
            let Some(counter) = write(self.first(id, now)).await? else {
                return Ok(None);
            };
            if counter.messages >= most {
                let left = counter.until.saturating_sub(now).max(1);
                return Ok(Some(Duration::from_millis(left)));
            }
            if write(self.one_more(id, most, now)).await?.is_none() {
                return Ok(None);
            }
        }
        // So many at once are too many.
        Ok(Some(Duration::from_millis(WINDOW)))
    }

    /// The first message after a while.
    fn first(&self, id: &ConnectionId, now: u64) -> UpdateItemFluentBuilder {
        self.counting(id, now)
            .update_expression("SET #until = :until, messages = :one, #ttl = :ttl")
            .condition_expression("attribute_not_exists(#until) OR #until <= :now")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":until", n(now + WINDOW))
            .expression_attribute_values(":ttl", n(now / 1000 + TTL))
    }

    fn one_more(&self, id: &ConnectionId, most: u64, now: u64) -> UpdateItemFluentBuilder {
        self.counting(id, now)
            .update_expression("SET messages = messages + :one")
            .condition_expression("#until > :now AND messages < :most")
            .expression_attribute_values(":most", n(most))
    }

    fn counting(&self, id: &ConnectionId, now: u64) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .key(PARTITION, s(format!("{id}#messages")))
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":one", n(1_u32))
            .expression_attribute_values(":now", n(now))
    }
}

/// Writes the counter, or tells how it stands in the way.
async fn write(request: UpdateItemFluentBuilder) -> Result<Option<Counter>, Fault> {
    Ok(
        match with_jitter(|| update::<Counter>(request.clone())).await? {
            Updated::Done(_) => None,
            Updated::Refused(counter) => counter,
        },
    )
}
