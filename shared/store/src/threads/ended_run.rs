//! Runs that have ended and whose client asked for an event about it, as the table's stream tells.

use longwire_core::ids::{MessageId, RunId, UserId};
use longwire_core::lenient::or_default;
use longwire_core::message::Usage;
use longwire_core::options::Notify;
use longwire_core::origin::Origin;
use longwire_core::pending::Pending;
use longwire_core::run::{CancelReason, RunErrorCode, RunStatus};
use longwire_core::thread_key::ThreadKey;
use serde::Deserialize;
use serde_dynamo::{Item as StreamItem, from_item};

use crate::error::StoreError;
use crate::threads::former_generation::{Change, Key};
use crate::threads::keys;

/// Run that has ended. Times are seconds since 1970 unless a field says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedRun {
    /// Thread of the run.
    pub key: ThreadKey,
    /// Id of the run.
    pub run_id: RunId,
    /// User who started the run.
    pub user: UserId,
    /// Final status.
    pub status: RunStatus,
    /// State of the run at its end.
    pub row: EndedRow,
}

/// Attributes of an ended run's row. A value that this version does not know is absent, so that no row loses its event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EndedRow {
    /// Event that the client asked for.
    #[serde(deserialize_with = "or_default")]
    pub notify: Notify,
    /// Origin of the run.
    #[serde(deserialize_with = "or_default")]
    pub origin: Origin,
    /// Reason of a cancellation.
    #[serde(deserialize_with = "or_default")]
    pub reason: Option<CancelReason>,
    /// Code of a failure.
    #[serde(deserialize_with = "or_default")]
    pub code: Option<RunErrorCode>,
    /// Calls that the client makes.
    #[serde(deserialize_with = "or_default")]
    pub pending: Option<Pending>,
    /// Id of the user message.
    #[serde(deserialize_with = "or_default")]
    pub message_id: Option<MessageId>,
    /// Tokens used.
    #[serde(deserialize_with = "or_default")]
    pub usage: Usage,
    /// Time at which the run was accepted.
    #[serde(deserialize_with = "or_default")]
    pub started_at: Option<u64>,
    /// Time at which the run was accepted, in milliseconds since 1970.
    #[serde(deserialize_with = "or_default")]
    pub recorded_at: Option<u64>,
    /// Time at which the run ended.
    #[serde(deserialize_with = "or_default")]
    pub ended_at: Option<u64>,
    /// Generation of the thread that the run belongs to; absent when it stored no message.
    #[serde(deserialize_with = "or_default")]
    pub generation: Option<u64>,
    /// Number of the last message that the run stored.
    #[serde(deserialize_with = "or_default")]
    pub tip: Option<u64>,
    /// Number of texts of the user that the run stored as messages.
    #[serde(deserialize_with = "or_default")]
    pub steered: u32,
}

impl EndedRun {
    /// Wait that began with the end; `None` unless the run finished with one.
    pub fn pending(&self) -> Option<&Pending> {
        let pending = self.row.pending.as_ref();
        pending.filter(|_| self.status == RunStatus::Finished)
    }
}

/// Status of a row and its payer.
#[derive(Default, Deserialize)]
#[serde(default)]
struct State {
    #[serde(deserialize_with = "or_default")]
    status: Option<RunStatus>,
    #[serde(deserialize_with = "or_default")]
    payer: Option<PayingUser>,
}

#[derive(Deserialize)]
struct PayingUser {
    user: UserId,
}

impl State {
    fn ended(&self) -> Option<RunStatus> {
        self.status.filter(|status| status.ended())
    }
}

impl Change {
    /// Returns the run that the change ended, if its client asked for an event; `None` for other changes and other items.
    /// An ended row may change again: only the change from an unfinished one to an ended one counts. Fails with
    /// [`StoreError::Corrupt`] when the record does not have the shape of one.
    pub fn ended_run(self) -> Result<Option<EndedRun>, StoreError> {
        let Key { thread, item } = from_item(self.keys)?;
        let (Some(key), Some(run_id)) = (ThreadKey::parse(&thread), keys::parse_run(&item)) else {
            return Ok(None);
        };
        if self.before.is_empty() || state(self.before)?.ended().is_some() {
            return Ok(None);
        }
        let row: EndedRow = from_item(self.after.clone())?;
        let after = state(self.after)?;
        let Some(status) = after.ended().filter(|_| !row.notify.is_none()) else {
            return Ok(None);
        };
        let user = after.payer.map(|payer| payer.user);
        Ok(Some(EndedRun {
            user: user.unwrap_or_else(|| key.owner.user()),
            key,
            run_id,
            status,
            row,
        }))
    }
}

fn state(item: StreamItem) -> Result<State, StoreError> {
    Ok(from_item(item)?)
}

#[cfg(test)]
mod tests {
    use longwire_core::ids::{Owner, ThreadId};
    use serde_dynamo::to_item;
    use serde_json::{Value, json};

    use super::*;

    fn change(before: Value, after: Value) -> Change {
        let item = |value| to_item(value).expect("an item");
        Change {
            keys: item(json!({ "thread": "u_7/t_1", "item": "RUN#r_1" })),
            before: item(before),
            after: item(after),
        }
    }

    fn ended(before: Value, after: Value) -> Option<EndedRun> {
        change(before, after).ended_run().expect("a record")
    }

    #[test]
    fn the_end_of_a_run_is_read_with_its_row() {
        let run = ended(
            json!({ "status": "running", "notify": "ids" }),
            json!({
                "status": "cancelled", "notify": "content", "reason": "client_gone", "messageId": "u_1",
                "origin": "service:/orders",
                "usage": { "inputTokens": 10, "outputTokens": 2, "totalTokens": 12 },
                "startedAt": 1000, "recordedAt": 1_000_500, "endedAt": 1010, "generation": 900, "tip": 4, "steered": 2,
                "payer": { "user": "u_8", "limits": { "of a newer version": true } }
            }),
        );
        let expected = EndedRun {
            key: ThreadKey {
                owner: Owner::trusted("u_7"),
                thread_id: ThreadId::trusted("t_1"),
            },
            run_id: RunId::trusted("r_1"),
            user: UserId::trusted("u_8"),
            status: RunStatus::Cancelled,
            row: EndedRow {
                notify: Notify::Content,
                origin: Origin::service("/orders"),
                reason: Some(CancelReason::ClientGone),
                code: None,
                pending: None,
                message_id: Some(MessageId::trusted("u_1")),
                usage: Usage {
                    input_tokens: 10,
                    output_tokens: 2,
                    total_tokens: 12,
                    ..Usage::default()
                },
                started_at: Some(1000),
                recorded_at: Some(1_000_500),
                ended_at: Some(1010),
                generation: Some(900),
                tip: Some(4),
                steered: 2,
            },
        };
        assert_eq!(run, Some(expected));
    }

    #[test]
    fn only_the_change_from_an_unfinished_to_an_ended_row_counts() {
        let row = |status: &str| json!({ "status": status, "notify": "ids" });
        for before in ["queued", "running", "dreaming"] {
            for after in ["finished", "failed", "cancelled"] {
                assert!(ended(row(before), row(after)).is_some(), "{before} {after}");
            }
            for after in ["queued", "running", "dreaming"] {
                assert_eq!(ended(row(before), row(after)), None, "{before} {after}");
            }
        }
        for before in ["finished", "failed", "cancelled"] {
            assert_eq!(ended(row(before), row("finished")), None, "{before}");
        }
        assert_eq!(ended(json!({}), row("finished")), None, "a new item");
        assert_eq!(ended(row("running"), json!({})), None, "a removed item");
    }

    #[test]
    fn calls_of_the_client_are_read_from_a_run_that_finished() {
        let row = |status: &str, pending: Value| json!({ "status": status, "notify": "ids", "pending": pending });
        let calls = |status: &str, pending: Value| {
            let run = ended(row("running", json!(null)), row(status, pending));
            let run = run.expect("an event");
            let calls = run.pending().map(Pending::call_ids).unwrap_or_default();
            calls
                .into_iter()
                .map(|id| id.to_string())
                .collect::<Vec<_>>()
        };
        let pending = json!({ "run": "r_1", "next": "r_2", "calls": { "tc_1": 1, "tc_2": 0 }, "until": 2000 });
        assert_eq!(calls("finished", pending.clone()), ["tc_2", "tc_1"]);
        assert_eq!(calls("cancelled", pending), [""; 0]);
        assert_eq!(calls("finished", json!({ "by": "mail" })), [""; 0]);
        assert_eq!(calls("finished", json!(null)), [""; 0]);
    }

    #[test]
    fn a_run_whose_client_did_not_ask_has_no_event() {
        let (before, after) = (json!({ "status": "queued" }), json!({ "status": "failed" }));
        assert_eq!(ended(before, after), None);
    }

    #[test]
    fn other_items_are_left_out() {
        let row = |status: &str| json!({ "status": status, "notify": "ids" });
        for (thread, item) in [
            ("u_7/t_1", "META"),
            ("u_7/t_1", "RUN#r_1#IN"),
            ("u_7/t_1", "MSG#5#00000001"),
            ("t_1", "RUN#r_1"),
        ] {
            let keys = to_item(json!({ "thread": thread, "item": item })).expect("an item");
            let change = Change {
                keys,
                ..change(row("running"), row("finished"))
            };
            assert_eq!(change.ended_run().expect("a record"), None, "{item}");
        }
    }

    #[test]
    fn values_of_a_newer_version_cost_no_event() {
        let after = json!({
            "status": "failed", "notify": "summary", "code": "model_asleep", "reason": ["why"], "usage": "much",
            "messageId": 7, "startedAt": "yesterday", "endedAt": null, "payer": "a friend", "tip": -1
        });
        let run = ended(json!({ "status": "running", "v": 99 }), after).expect("an event");
        let row = EndedRow {
            notify: Notify::Ids,
            ..EndedRow::default()
        };
        assert_eq!((run.row, run.user), (row, UserId::trusted("u_7")));
    }

    #[test]
    fn a_record_without_keys_is_corrupt() {
        let change = Change {
            keys: StreamItem::default(),
            ..change(json!({ "status": "running" }), json!({}))
        };
        assert!(matches!(change.ended_run(), Err(StoreError::Corrupt(_))));
    }
}
