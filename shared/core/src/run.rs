//! State of a run: its control row and its end.
//!
//! The control row alone decides which worker owns a run and where the run stands. It is kept under 1 KB,
//! because the worker reads it twice a second; bodies are stored in items of their own. Times are seconds
//! since 1970, UTC, unless a field says otherwise.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{ConnectionId, MessageId};
use crate::job::known_version;
use crate::lenient::or_default;
use crate::message::Usage;
use crate::options::{Notify, OnGone};
use crate::origin::Origin;
use crate::payment::Payer;
use crate::pending::Pending;
use crate::shape::Shape;

/// Status of a run. `Queued` and `Running` are unfinished; the others are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    /// Waiting in the thread's run queue; the head of that queue has a job in SQS.
    Queued,
    /// Claimed by a worker, now or before a hand-over.
    Running,
    /// Ended with an answer.
    Finished,
    /// Ended with an error that its client was told.
    Failed,
    /// Cancelled by a person, a policy or a limit.
    Cancelled,
}

impl RunStatus {
    /// Final statuses.
    pub const ENDED: [Self; 3] = [Self::Finished, Self::Failed, Self::Cancelled];

    /// Tells whether the status is final: an ended run never changes again.
    pub fn ended(self) -> bool {
        Self::ENDED.contains(&self)
    }
}

/// Reason of a cancellation; `lw.reason` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// A `cancel` request.
    User,
    /// No subscriber left, under the run's [`OnGone`] policy.
    ClientGone,
    /// A newer prompt with `ifBusy: interrupt`.
    Superseded,
    /// Time limit of the run.
    Timeout,
    /// Limit of model calls per run.
    MaxSteps,
    /// Limit of what the user may spend.
    Budget,
    /// Reason that a newer version stored. The run is cancelled all the same, without a reason on the wire.
    #[serde(other)]
    Unknown,
}

/// Reason of a failure; `code` of RUN_ERROR on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunErrorCode {
    /// Quota of the model exceeded for now.
    ModelThrottled,
    /// Quota of the model used up for the day.
    ModelQuotaUsedUp,
    /// Model service unavailable, or the model not ready.
    ModelUnavailable,
    /// No event from the model within the idle limit.
    ModelTimeout,
    /// Model stream broken off.
    ModelStreamError,
    /// Reply of the model empty or unreadable.
    ModelUnusableReply,
    /// Model not accessible for this deployment.
    ModelAccessDenied,
    /// Setting of the deployment that the model does not take.
    ModelMisconfigured,
    /// Request refused by the model.
    ModelInvalidRequest,
    /// Conversation longer than the model's context window.
    ContextTooLong,
    /// Several workers crashed during the run.
    WorkerLost,
    /// Error of Longwire itself.
    Internal,
}

impl RunErrorCode {
    /// Message for people. The model's own message stays in the log, because it may name accounts and ARNs.
    pub fn message(self) -> &'static str {
        match self {
            Self::ModelThrottled => "The model is busy. Try again in a moment.",
            Self::ModelQuotaUsedUp => "The model's quota for today is used up.",
            Self::ModelUnavailable => "The model is not available right now.",
            Self::ModelTimeout => "The model stopped answering.",
            Self::ModelStreamError => "The model's answer broke off.",
            Self::ModelUnusableReply => "The model's answer was empty or unreadable.",
            Self::ModelAccessDenied => "This deployment may not use the configured model.",
            Self::ModelMisconfigured => "A setting of this deployment does not fit its model.",
            Self::ModelInvalidRequest => "The model refused the request.",
            Self::ContextTooLong => "The conversation is too long for the model.",
            Self::WorkerLost => "The answer was lost again and again; it was given up.",
            Self::Internal => "Something went wrong on our side.",
        }
    }

    /// Tells whether the same prompt may succeed later.
    pub fn retryable(self) -> bool {
        !matches!(
            self,
            Self::ModelQuotaUsedUp
                | Self::ModelAccessDenied
                | Self::ModelMisconfigured
                | Self::ModelInvalidRequest
                | Self::ContextTooLong
        )
    }
}

/// End of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunEnd {
    /// The run has its answer, or the model ended it without one.
    Finished,
    /// The run was cancelled.
    Cancelled(CancelReason),
    /// The run failed.
    Failed(RunErrorCode),
}

impl RunEnd {
    /// Final status of the run.
    pub fn status(self) -> RunStatus {
        match self {
            Self::Finished => RunStatus::Finished,
            Self::Cancelled(_) => RunStatus::Cancelled,
            Self::Failed(_) => RunStatus::Failed,
        }
    }

    /// Reason of a cancellation that this version knows.
    pub fn reason(self) -> Option<CancelReason> {
        match self {
            Self::Cancelled(CancelReason::Unknown) | Self::Finished | Self::Failed(_) => None,
            Self::Cancelled(reason) => Some(reason),
        }
    }

    /// Code of a failure.
    pub fn code(self) -> Option<RunErrorCode> {
        match self {
            Self::Failed(code) => Some(code),
            Self::Finished | Self::Cancelled(_) => None,
        }
    }
}

/// Position of a subscriber in a run's events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Number of the last event the subscriber has; it receives the events after it.
    pub after: u64,
    /// Format and framing of the subscriber.
    pub shape: Shape,
    /// Time of the `resume` request that set this cursor, in milliseconds since 1970; 0 without one. A worker
    /// that reads a new value moves the subscriber to `after` and posts `resumed` once the subscriber has caught
    /// up.
    #[serde(default, skip_serializing_if = "never", rename = "asked")]
    pub requested_at: u64,
}

impl Cursor {
    /// Makes the cursor of a subscriber that did not send `resume`.
    pub fn new(after: u64, shape: Shape) -> Self {
        Self {
            after,
            shape,
            requested_at: 0,
        }
    }
}

fn never(requested_at: &u64) -> bool {
    *requested_at == 0
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Control row of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunRow {
    /// Version of this shape ([`crate::job::VERSION`]). A row of a newer version cannot be deserialized.
    #[serde(deserialize_with = "known_version")]
    pub v: u32,
    /// Status of the run.
    pub status: RunStatus,
    /// Fencing token: the number of claims so far; 0 before the first one. Never sent to clients.
    pub epoch: u32,
    /// Invocation id of the worker that holds the lease. A worker whose claim was answered with a lost response
    /// recognises its own claim by it.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "takenBy")]
    pub claimed_by: Option<String>,
    /// Number of the last valid event at each restart. The wire epoch is the number of restarts plus one.
    #[serde(default)]
    pub restarts: Vec<u64>,
    /// Expiry of the lease.
    #[serde(default)]
    pub lease_until: u64,
    /// Deadline by which an unfinished run must have moved; past it, its job is sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake_by: Option<u64>,
    /// Number of times the job was sent again since the last claim, or since the end.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub wakes: u32,
    /// Partition of the index of open runs that lists the run until it ends.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "open")]
    pub open_part: Option<String>,
    /// Number of workers that crashed while they held the lease.
    #[serde(default)]
    pub crashes: u32,
    /// Number of planned hand-overs.
    #[serde(default)]
    pub handovers: u32,
    /// Last step that was cut off for lack of time, counted from 1; the next worker repeats it once.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "cut")]
    pub cut_step: Option<u32>,
    /// Reason of a requested cancellation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_requested: Option<CancelReason>,
    /// Reason of the cancellation, once the run has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<CancelReason>,
    /// Code of the failure, once the run has ended; `None` in place of one that only a newer version knows.
    #[serde(
        default,
        deserialize_with = "or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub code: Option<RunErrorCode>,
    /// Calls that the client makes, once the run has ended with some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    /// Event on the bus when the run has ended.
    #[serde(
        default,
        deserialize_with = "or_default",
        skip_serializing_if = "Notify::is_none"
    )]
    pub notify: Notify,
    /// Subscribers and their cursors.
    #[serde(default, rename = "attached")]
    pub subscribers: BTreeMap<ConnectionId, Cursor>,
    /// Time since which the run has no subscriber.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_since: Option<u64>,
    /// Policy for a run without subscribers; the default in place of one that only a newer version knows.
    #[serde(deserialize_with = "or_default")]
    pub on_gone: OnGone,
    /// Number of the last event in the event log.
    #[serde(default)]
    pub last_seq: u64,
    /// Generation of the thread that the run belongs to, from its first stored message on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// Number of the last message that the run stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tip: Option<u64>,
    /// Id of the user message, so that a repeated start is answered without reading the input.
    pub message_id: MessageId,
    /// Number of texts that the user sent to the run while it was unfinished.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub steers: u32,
    /// Number of those that are stored as messages.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub steered: u32,
    /// User who pays for the run; `None` where users are not told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<Payer>,
    /// Origin of the run.
    #[serde(default, skip_serializing_if = "Origin::is_user")]
    pub origin: Origin,
    /// Tokens used so far.
    #[serde(default)]
    pub usage: Usage,
    /// Time at which the run was accepted.
    pub started_at: u64,
    /// Time at which the run was accepted, in milliseconds since 1970; absent in rows written before 0.1.0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<u64>,
    /// Time at which the run ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<u64>,
    /// Number of times the end was posted again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub end_posts: u32,
    /// Expiry of the row: at least 48 h after the start, so that a repeated start is recognised for a day.
    pub ttl: u64,
}

impl RunRow {
    /// Time at which the run was accepted, in milliseconds since 1970.
    pub fn recorded_at(&self) -> u64 {
        self.recorded_at.unwrap_or(self.started_at * 1000)
    }

    /// Number of the last event that stays valid when the worker crashes. RUN_STARTED always stays valid,
    /// because every worker makes the same bytes of it.
    pub fn last_valid_event(&self) -> u64 {
        self.last_seq.max(1)
    }

    /// Tells whether the run was handed over and no worker has accepted it yet.
    pub fn handed_over(&self) -> bool {
        self.status == RunStatus::Running && self.claimed_by.is_none()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;
    use crate::job::VERSION;

    fn row(changed: &Value) -> Result<RunRow, serde_json::Error> {
        let mut row = json!({
            "v": VERSION, "status": "running", "epoch": 1, "onGone": "cancel", "messageId": "u_1",
            "startedAt": 1000, "ttl": 0
        });
        let changed = changed.as_object().expect("attributes").clone();
        row.as_object_mut().expect("a row").extend(changed);
        from_value(row)
    }

    #[test]
    fn values_of_a_newer_version_are_read_as_far_as_possible() {
        let row = row(&json!({
            "cancelRequested": "out_of_money",
            "onGone": "hibernate",
            "code": "model_asleep",
            "notify": "summary",
            "attached": { "c": { "after": 3, "shape": { "format": "xml", "lines": "two" } } },
            "mood": "good"
        }));
        let row = row.expect("a row");
        assert_eq!(row.cancel_requested, Some(CancelReason::Unknown));
        assert_eq!(RunEnd::Cancelled(CancelReason::Unknown).reason(), None);
        assert_eq!(row.on_gone, OnGone::Cancel);
        assert_eq!((row.code, row.notify), (None, Notify::Ids));
        let cursor = row.subscribers.values().next().expect("a subscriber");
        assert_eq!(cursor.shape, Shape::default());
    }

    #[test]
    fn a_row_tells_whether_its_end_is_an_event() {
        for (stored, read) in [
            (json!({}), Notify::None),
            (json!({ "notify": "ids" }), Notify::Ids),
            (json!({ "notify": "content" }), Notify::Content),
            (json!({ "notify": { "by": "mail" } }), Notify::None),
        ] {
            assert_eq!(row(&stored).expect("a row").notify, read, "{stored}");
        }
        let plain = json!(row(&json!({})).expect("a row"));
        assert_eq!((plain.get("notify"), plain.get("code")), (None, None));
        let asked = json!(row(&json!({ "notify": "ids" })).expect("a row"));
        assert_eq!(asked["notify"], "ids");
    }

    #[test]
    fn a_row_of_a_newer_version_or_of_an_unknown_status_is_not_read() {
        assert!(row(&json!({ "v": VERSION + 1 })).is_err());
        assert!(row(&json!({ "status": "dreaming" })).is_err());
    }
}
