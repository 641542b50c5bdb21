//! Replays that a connection asked for. The connection's row holds them; a queue message only says that there are
//! some.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use longwire_core::ids::{ConnectionId, RunId, ThreadId, UserId};
use longwire_core::lenient::or_default;
use longwire_core::run::Cursor;
use longwire_core::shape::Format;
use serde::Deserialize;
use serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value;

use crate::connections::closing::{ClosingReason, is_gone};
use crate::connections::{Connections, key};
use crate::error::StoreError;
use crate::item::{n, read};
use crate::update::{MAX_ROUNDS, Updated, update};

/// Most replays that a connection may wait for. It keeps the row under 8 KB.
pub const MAX_REPLAYS: usize = 20;

/// Row of a connection, as far as the function `replay` reads it. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayRow {
    /// User of the connection, who owns the threads.
    pub user: UserId,
    /// Format of the connection; the default in place of one that only a newer version knows.
    #[serde(deserialize_with = "or_default")]
    pub format: Format,
    /// Replays that the connection waits for, by [`replay_name`]; `None` before the first one.
    #[serde(default)]
    pub replays: Option<BTreeMap<String, Cursor>>,
    /// Invocation that holds the lease.
    #[serde(default)]
    pub replay_owner: Option<String>,
    /// Time at which the connection was last marked to be closed, in seconds since 1970; `None` for a connection that
    /// stays open.
    #[serde(default)]
    pub closing: Option<u64>,
    /// Reason of that mark; absent without one.
    #[serde(default, deserialize_with = "or_default")]
    pub closing_reason: Option<ClosingReason>,
    /// Expiry of the token; `None` for a connection that does not expire.
    #[serde(default)]
    pub token_exp: Option<u64>,
}

impl ReplayRow {
    /// Reason for which the connection is closed at `now`, in seconds since 1970; `None` for one that stays open.
    pub fn closing_reason(&self, now: u64) -> Option<ClosingReason> {
        let marked = self
            .closing
            .map(|_| self.closing_reason.unwrap_or_default());
        marked.or(is_gone(self.token_exp, now).then_some(ClosingReason::TokenExpired))
    }

    /// Replay that was requested first.
    pub fn next(&self) -> Option<(&str, Cursor)> {
        let replays = self.replays.iter().flatten();
        let first = replays.min_by_key(|(_, cursor)| cursor.requested_at);
        first.map(|(name, cursor)| (name.as_str(), *cursor))
    }

    /// Cursor of a replay; `None` when the connection does not wait for it.
    pub fn cursor(&self, name: &str) -> Option<Cursor> {
        self.replays.as_ref()?.get(name).copied()
    }

    /// Tells whether an invocation holds the lease.
    pub fn held_by(&self, invocation: &str) -> bool {
        self.replay_owner.as_deref() == Some(invocation)
    }
}

/// Name of a run's replay: `<threadId>#<runId>`. Neither id may contain `#`.
pub fn replay_name(thread_id: &ThreadId, run_id: &RunId) -> String {
    format!("{thread_id}#{run_id}")
}

/// Parses the name of a replay; `None` when it is not of the form `<threadId>#<runId>`.
pub fn parse_replay_name(name: &str) -> Option<(ThreadId, RunId)> {
    let (thread_id, run_id) = name.split_once('#')?;
    Some((ThreadId::trusted(thread_id), RunId::trusted(run_id)))
}

/// Outcome of a request for a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayRequested {
    /// The row names the replay, in place of an earlier one of the same run.
    Recorded,
    /// The connection waits for [`MAX_REPLAYS`] others.
    TooMany,
    /// The connection has no row any more.
    Missing,
}

impl Connections {
    /// Records that the connection waits for a run's events from `cursor` on.
    pub async fn request_replay(
        &self,
        id: &ConnectionId,
        name: &str,
        cursor: Cursor,
    ) -> Result<ReplayRequested, StoreError> {
        let cursor = to_attribute_value(cursor)?;
        for _ in 0..MAX_ROUNDS {
            let add = self.add_replay(id, name, &cursor);
            let row = match update::<ReplayRow>(add).await? {
                Updated::Done(_) => return Ok(ReplayRequested::Recorded),
                Updated::ConditionFailed(None) => return Ok(ReplayRequested::Missing),
                Updated::ConditionFailed(Some(row)) => row,
            };
            if row.replays.is_some_and(|all| all.len() >= MAX_REPLAYS) {
                return Ok(ReplayRequested::TooMany);
            }
            if let Updated::Done(_) =
                update::<ReplayRow>(self.first_replay(id, name, &cursor)).await?
            {
                return Ok(ReplayRequested::Recorded);
            }
        }
        Err(StoreError::ConditionFailed)
    }

    /// Reads the row consistently.
    pub async fn replay_row(&self, id: &ConnectionId) -> Result<Option<ReplayRow>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(id)))
            .consistent_read(true)
            .send()
            .await?;
        output.item.map(read).transpose()
    }

    /// Adds a replay to the map, which must exist.
    fn add_replay(
        &self,
        id: &ConnectionId,
        name: &str,
        cursor: &AttributeValue,
    ) -> UpdateItemFluentBuilder {
        self.row_request(id)
            .update_expression("SET replays.#name = :cursor")
            .condition_expression(
                "attribute_exists(#connection) AND attribute_exists(replays) \
                 AND (attribute_exists(replays.#name) OR size(replays) < :max)",
            )
            .expression_attribute_names("#name", name)
            .expression_attribute_values(":cursor", cursor.clone())
            .expression_attribute_values(":max", n(MAX_REPLAYS))
    }

    /// Creates the map with a replay.
    fn first_replay(
        &self,
        id: &ConnectionId,
        name: &str,
        cursor: &AttributeValue,
    ) -> UpdateItemFluentBuilder {
        let map = [(name.to_owned(), cursor.clone())].into();
        self.row_request(id)
            .update_expression("SET replays = :map")
            .condition_expression("attribute_exists(#connection) AND attribute_not_exists(replays)")
            .expression_attribute_values(":map", AttributeValue::M(map))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_replay_that_was_requested_first_is_next() {
        let cursor = |asked| json!({"after": 0, "shape": {"format": "agui", "lines": "one"}, "asked": asked});
        let row = json!({
            "user": "anonymous", "format": "agui",
            "replays": { "t_1#r_1": cursor(7), "t_1#r_2": cursor(5), "t_2#r_3": cursor(6) },
        });
        let row: ReplayRow = serde_json::from_value(row).expect("a row");
        assert_eq!(row.next().map(|(name, _)| name), Some("t_1#r_2"));
    }

    #[test]
    fn the_name_of_a_replay_parses_back_to_its_run() {
        let (thread, run) = (ThreadId::trusted("t_1"), RunId::trusted("r:1"));
        let name = replay_name(&thread, &run);
        assert_eq!(parse_replay_name(&name), Some((thread, run)));
        assert_eq!(parse_replay_name("t_1"), None);
    }
}
