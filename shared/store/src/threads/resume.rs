//! A connection comes back to a run. It leaves its place in the run's row, where the worker finds it; no
//! worker is called.

use serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value;

use crate::error::StoreError;
use crate::retry::with_jitter;
use crate::threads::Threads;
use crate::threads::item::{n, s};
use crate::threads::keys;
use crate::threads::update::{Updated, update};
use longwire_core::ids::{ConnectionId, RunId};
use longwire_core::run::{Cursor, RunRow};
use longwire_core::thread_key::ThreadKey;

/// How many connections a run's row has room for: it stays about 1 KB for the worker, who reads it twice a
/// second.
pub(super) const MAX_ATTACHED: usize = 8;

/// How often the row may change under our hands.
const ROUNDS: usize = 4;

/// What a connection finds that comes back to a run.
#[derive(Debug, Clone, PartialEq)]
pub enum ResumeOutcome {
    /// It watches the run, which has not ended, from this place on.
    Subscribed(RunRow, Cursor),
    /// The run has ended; this is the place it must be told from.
    Ended(RunRow, Cursor),
    /// There is no such run.
    Missing,
}

impl Threads {
    /// Lets the connection watch the run from `cursor` on, or from the lowest line that stood at a restart since
    /// wire epoch `epoch`: a client steps through every restart. When the row is full, the connection that asked
    /// longest ago makes room; it asks again if it is still there.
    pub async fn resume(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        connection: &ConnectionId,
        cursor: Cursor,
        epoch: u32,
    ) -> Result<ResumeOutcome, StoreError> {
        for _ in 0..ROUNDS {
            let Some(row) = self.run_row(key, run_id).await? else {
                return Ok(ResumeOutcome::Missing);
            };
            let place = place(&row, cursor, epoch);
            if row.status.ended() {
                return Ok(ResumeOutcome::Ended(row, place));
            }
            match self.attach_at(key, run_id, connection, place, &row).await? {
                Updated::Done(row) => return Ok(ResumeOutcome::Subscribed(row, place)),
                Updated::Refused(None) => return Ok(ResumeOutcome::Missing),
                // It has ended or was restarted in between, or others came.
                Updated::Refused(Some(_)) => {}
            }
        }
        Err(StoreError::ConditionFailed)
    }

    async fn attach_at(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        connection: &ConnectionId,
        cursor: Cursor,
        row: &RunRow,
    ) -> Result<Updated<RunRow>, StoreError> {
        let cursor = to_attribute_value(cursor)?;
        let leaves = leaves(row, connection);
        with_jitter(|| {
            let request = self
                .client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(keys::item(key, keys::run(run_id))))
                .condition_expression(
                    "#status IN (:queued, :running) AND size(restarts) = :restarts AND \
                     (attribute_exists(attached.#me) OR size(attached) <= :known)",
                )
                .expression_attribute_names("#me", connection.as_str())
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":cursor", cursor.clone())
                .expression_attribute_values(":queued", s("queued"))
                .expression_attribute_values(":running", s("running"))
                .expression_attribute_values(":restarts", n(row.restarts.len()))
                .expression_attribute_values(":known", n(row.subscribers.len()));
            let set = "SET attached.#me = :cursor";
            update(match leaves {
                Some(other) => request
                    .update_expression(format!("{set} REMOVE attached.#other"))
                    .expression_attribute_names("#other", other.as_str()),
                None => request.update_expression(set),
            })
        })
        .await
    }
}

/// Where the connection must go on.
fn place(row: &RunRow, cursor: Cursor, epoch: u32) -> Cursor {
    let had = usize::try_from(epoch)
        .unwrap_or(usize::MAX)
        .saturating_sub(1);
    let keeps = row.restarts.iter().skip(had).copied();
    Cursor {
        after: keeps.fold(cursor.after, u64::min),
        ..cursor
    }
}

/// Who makes room in a full row.
fn leaves<'a>(row: &'a RunRow, connection: &ConnectionId) -> Option<&'a ConnectionId> {
    if row.subscribers.len() < MAX_ATTACHED || row.subscribers.contains_key(connection) {
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
    use serde_json::{from_value, json};

    use super::*;
    use longwire_core::shape::Shape;

    fn row(restarts: &[u64], attached: &[(&str, u64)]) -> RunRow {
        let row = json!({
            "v": 2, "status": "running", "epoch": 1, "restarts": restarts,
            "onGone": "cancel", "messageId": "u_1", "startedAt": 0, "ttl": 0
        });
        let row: RunRow = from_value(row).expect("a row");
        let cursor = |asked| Cursor {
            requested_at: asked,
            ..Cursor::new(0, Shape::default())
        };
        let attached = attached
            .iter()
            .map(|(id, asked)| (ConnectionId::trusted(*id), cursor(*asked)));
        RunRow {
            subscribers: attached.collect(),
            ..row
        }
    }

    #[test]
    fn a_client_goes_on_before_the_first_restart_it_does_not_know() {
        let row = row(&[20, 7, 12], &[]);
        let after = |after, epoch| place(&row, Cursor::new(after, Shape::default()), epoch).after;
        assert_eq!(after(30, 1), 7);
        assert_eq!(after(30, 3), 12);
        assert_eq!(after(30, 4), 30, "it knows all");
        assert_eq!(after(3, 1), 3);
        assert_eq!(after(30, 9), 30, "more than there are");
    }

    #[test]
    fn in_a_full_row_who_asked_longest_ago_makes_room() {
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
        assert_eq!(leaves(&row(&[], &seven), &me), None);
        let mut eight = seven.to_vec();
        eight.push(("h", 9));
        assert_eq!(
            leaves(&row(&[], &eight), &me),
            Some(&ConnectionId::trusted("b"))
        );
        eight[0].0 = "me";
        assert_eq!(leaves(&row(&[], &eight), &me), None, "it has its place");
    }
}
