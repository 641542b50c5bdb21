//! Subscribing a connection to a run. The cursor is written to the run's row, where the worker reads it; no worker is
//! called.

use longwire_core::ids::{ConnectionId, RunId};
use longwire_core::run::{Cursor, RunRow};
use longwire_core::thread_key::ThreadKey;
use serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value;

use crate::error::StoreError;
use crate::item::n;
use crate::threads::Threads;
use crate::update::{MAX_ROUNDS, Updated, update};

/// Most subscribers in a row. The row stays at about 1 KB, because the worker reads it twice a second.
pub(super) const MAX_SUBSCRIBERS: usize = 8;

/// Outcome of a `resume` request.
#[derive(Debug, Clone, PartialEq)]
pub enum ResumeOutcome {
    /// The connection is a subscriber of the unfinished run, from this cursor on. The run at the head of the thread's run
    /// queue is the one that a worker is to execute.
    Subscribed(RunRow, Cursor, Option<RunId>),
    /// The run has ended; a replay starts from this cursor.
    Ended(RunRow, Cursor),
    /// The thread has no such run.
    Missing,
}

impl Threads {
    /// Makes the connection a subscriber of the run, from `cursor` on. When the run restarted since the wire epoch
    /// `epoch`, the cursor moves back to the lowest event that stayed valid at those restarts, so that the client
    /// receives every restart event. In a full row the subscriber with the oldest request makes room; if it is still
    /// connected, it sends `resume` again.
    ///
    /// Fails with [`StoreError::ConditionFailed`] when the row changes four times meanwhile. `now` is in seconds since
    /// 1970.
    pub async fn resume(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        connection: &ConnectionId,
        cursor: Cursor,
        epoch: u32,
        now: u64,
    ) -> Result<ResumeOutcome, StoreError> {
        for _ in 0..MAX_ROUNDS {
            let Some((row, meta)) = self.run(key, run_id, now).await? else {
                return Ok(ResumeOutcome::Missing);
            };
            let cursor = valid_cursor(&row, cursor, epoch);
            if row.status.ended() {
                return Ok(ResumeOutcome::Ended(row, cursor));
            }
            let updated = self.subscribe(key, run_id, connection, cursor, &row).await;
            match updated? {
                Updated::Done(row) => {
                    let head = meta.active().cloned();
                    return Ok(ResumeOutcome::Subscribed(row, cursor, head));
                }
                Updated::ConditionFailed(None) => return Ok(ResumeOutcome::Missing),
                // Since the read the run ended, it restarted, or it has more subscribers.
                Updated::ConditionFailed(Some(_)) => {}
            }
        }
        Err(StoreError::ConditionFailed)
    }

    /// Writes the cursor, provided that the row has no further restart or subscriber than `row`.
    async fn subscribe(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        connection: &ConnectionId,
        cursor: Cursor,
        row: &RunRow,
    ) -> Result<Updated<RunRow>, StoreError> {
        let condition = "size(restarts) = :restarts AND \
                         (attribute_exists(attached.#me) OR size(attached) <= :known)";
        let request = self
            .update_unfinished(key, run_id, condition)
            .expression_attribute_names("#me", connection.as_str())
            .expression_attribute_values(":cursor", to_attribute_value(cursor)?)
            .expression_attribute_values(":restarts", n(row.restarts.len()))
            .expression_attribute_values(":known", n(row.subscribers.len()));
        let set = "SET attached.#me = :cursor";
        let request = match replaced(row, connection) {
            Some(other) => request
                .update_expression(format!("{set} REMOVE attached.#other"))
                .expression_attribute_names("#other", other.as_str()),
            None => request.update_expression(set),
        };
        update(request).await
    }
}

/// Cursor that skips no restart since the wire epoch `epoch`, the number of restarts the client knows plus one.
fn valid_cursor(row: &RunRow, cursor: Cursor, epoch: u32) -> Cursor {
    let known = usize::try_from(epoch)
        .unwrap_or(usize::MAX)
        .saturating_sub(1);
    let last_valid = row.restarts.iter().skip(known).copied();
    Cursor {
        after: last_valid.fold(cursor.after, u64::min),
        ..cursor
    }
}

/// Subscriber that makes room for `connection`; `None` while the row has room or the connection is in it.
fn replaced<'a>(row: &'a RunRow, connection: &ConnectionId) -> Option<&'a ConnectionId> {
    if row.subscribers.len() < MAX_SUBSCRIBERS || row.subscribers.contains_key(connection) {
        return None;
    }
    let oldest = row
        .subscribers
        .iter()
        .min_by_key(|(_, cursor)| cursor.requested_at);
    oldest.map(|(id, _)| id)
}

#[cfg(test)]
mod tests {
    use longwire_core::shape::Shape;
    use serde_json::{from_value, json};

    use super::*;

    fn row(restarts: &[u64], subscribers: &[(&str, u64)]) -> RunRow {
        let row = json!({
            "v": 2, "status": "running", "epoch": 1, "restarts": restarts,
            "onGone": "cancel", "messageId": "u_1", "startedAt": 0, "ttl": 0
        });
        let row: RunRow = from_value(row).expect("a row");
        let cursor = |requested_at| Cursor {
            requested_at,
            ..Cursor::new(0, Shape::default())
        };
        let subscribers = subscribers
            .iter()
            .map(|(id, requested_at)| (ConnectionId::trusted(*id), cursor(*requested_at)));
        RunRow {
            subscribers: subscribers.collect(),
            ..row
        }
    }

    #[test]
    fn a_cursor_moves_back_before_the_restarts_that_the_client_does_not_know() {
        let row = row(&[20, 7, 12], &[]);
        let after =
            |after, epoch| valid_cursor(&row, Cursor::new(after, Shape::default()), epoch).after;
        assert_eq!(after(30, 1), 7);
        assert_eq!(after(30, 3), 12);
        assert_eq!(after(30, 4), 30, "the client knows all restarts");
        assert_eq!(after(3, 1), 3);
        assert_eq!(after(30, 9), 30, "an epoch above the current one");
    }

    #[test]
    fn in_a_full_row_the_subscriber_with_the_oldest_request_makes_room() {
        let seven = [
            ("a", 5),
            ("b", 0),
            ("c", 9),
            ("d", 9),
            ("e", 9),
            ("f", 9),
            ("g", 9),
        ];
        let me = ConnectionId::trusted("me");
        assert_eq!(replaced(&row(&[], &seven), &me), None);
        let mut eight = seven.to_vec();
        eight.push(("h", 9));
        assert_eq!(
            replaced(&row(&[], &eight), &me),
            Some(&ConnectionId::trusted("b"))
        );
        eight[0].0 = "me";
        assert_eq!(
            replaced(&row(&[], &eight), &me),
            None,
            "the connection is in the row"
        );
    }
}
