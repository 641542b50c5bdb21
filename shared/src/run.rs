//! A run's control row: the one item that decides who owns a run and where it stands.
//!
//! It is kept under 1 KB, because the worker reads it twice a second. Bodies live elsewhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{ConnectionId, MessageId};
use crate::message::Usage;
use crate::wire::line::Reason;
use crate::wire::shape::Shape;

/// Where a run stands. Unfinished: queued, running. Ended: the others; an ended run never changes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// In the thread's line; at its head, a message for it is in the queue.
    Queued,
    /// A worker holds, or held, its lease.
    Running,
    /// It answered.
    Finished,
    /// It failed; its client was told why.
    Failed,
    /// It was stopped.
    Cancelled,
}

impl Status {
    /// Nothing happens to this run any more.
    pub fn ended(self) -> bool {
        matches!(self, Self::Finished | Self::Failed | Self::Cancelled)
    }
}

/// What becomes of a run when its last connection is gone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum OnGone {
    /// It is cancelled at once.
    #[default]
    Cancel,
    /// It goes on for so many seconds (1–900) and is cancelled if nobody came back.
    Grace(u16),
    /// It goes on to its end.
    Finish,
}

/// The longest grace, in seconds.
pub const MAX_GRACE: u16 = 900;

/// Why a policy was refused.
#[derive(Debug, thiserror::Error)]
#[error("must be \"cancel\", \"finish\" or \"grace:<1-{MAX_GRACE}>\"")]
pub struct BadOnGone;

impl TryFrom<String> for OnGone {
    type Error = BadOnGone;

    fn try_from(text: String) -> Result<Self, BadOnGone> {
        match text.as_str() {
            "cancel" => Ok(Self::Cancel),
            "finish" => Ok(Self::Finish),
            other => other
                .strip_prefix("grace:")
                .and_then(|seconds| seconds.parse().ok())
                .filter(|seconds| (1..=MAX_GRACE).contains(seconds))
                .map(Self::Grace)
                .ok_or(BadOnGone),
        }
    }
}

impl From<OnGone> for String {
    fn from(policy: OnGone) -> Self {
        match policy {
            OnGone::Cancel => "cancel".to_owned(),
            OnGone::Finish => "finish".to_owned(),
            OnGone::Grace(seconds) => format!("grace:{seconds}"),
        }
    }
}

/// Where a connection stands in a run's lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// It wants the lines after this one.
    pub after: u64,
    /// In this shape.
    pub shape: Shape,
    /// When it asked to `resume` from here, in milliseconds since 1970; 0 when it did not ask. A worker that
    /// sees another time winds the connection back, and says `resumed` once it is served.
    #[serde(default, skip_serializing_if = "never")]
    pub asked: u64,
}

impl Cursor {
    /// The place of a connection that did not ask.
    pub fn new(after: u64, shape: Shape) -> Self {
        Self {
            after,
            shape,
            asked: 0,
        }
    }
}

fn never(asked: &u64) -> bool {
    *asked == 0
}

/// The control row. Times are seconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunRow {
    /// The version of this shape ([`crate::job::VERSION`]).
    pub v: u32,
    /// Where the run stands.
    pub status: Status,
    /// Which worker owns it, counted from 1; 0 as long as none did. Never on the wire.
    pub epoch: u32,
    /// The invocation that owns it, so that a worker whose answer got lost knows its own lease again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_by: Option<String>,
    /// Per restart, the last line that stood. The wire epoch is their number plus one.
    #[serde(default)]
    pub restarts: Vec<u64>,
    /// Until when the owner's word holds.
    #[serde(default)]
    pub lease_until: u64,
    /// By when somebody must have moved an unfinished run; past it, its message is sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake_by: Option<u64>,
    /// The part of the index of open runs that has it, as long as it has not ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<String>,
    /// How many workers died on it.
    #[serde(default)]
    pub crashes: u32,
    /// How often one worker handed it to the next because its time was over.
    #[serde(default)]
    pub handovers: u32,
    /// The last step that was cut off for want of time, counted from 1; the next worker makes it once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<u32>,
    /// Somebody wants it stopped, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_requested: Option<Reason>,
    /// Why it was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Who watches, and from where.
    #[serde(default)]
    pub attached: BTreeMap<ConnectionId, Cursor>,
    /// Since when nobody watches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_since: Option<u64>,
    /// What becomes of it then.
    pub on_gone: OnGone,
    /// The number of the last line that is in the log.
    #[serde(default)]
    pub last_seq: u64,
    /// The user message's id, so that a repeated start can be answered without reading the input.
    pub message_id: MessageId,
    /// What it cost so far.
    #[serde(default)]
    pub usage: Usage,
    /// When it was accepted.
    pub started_at: u64,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<u64>,
    /// When the table forgets it: at least 48 h after its start, so that a repeated start is known for a day.
    pub ttl: u64,
}

impl RunRow {
    /// The wire epoch: how often lines that were sent became void, plus one.
    pub fn wire_epoch(&self) -> u32 {
        u32::try_from(self.restarts.len()).unwrap_or(u32::MAX - 1) + 1
    }

    /// The last line that stands should its worker be dead. RUN_STARTED always stands, because every worker
    /// makes the same bytes of it.
    pub fn keep(&self) -> u64 {
        self.last_seq.max(1)
    }

    /// No worker owns it although it has begun: one has handed it over, and the next has not come yet.
    pub fn free(&self) -> bool {
        self.status == Status::Running && self.taken_by.is_none()
    }
}

/// What a run was started with: the body that does not belong into the control row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunInput {
    /// The version of this shape.
    pub v: u32,
    /// The user message's id.
    pub message_id: MessageId,
    /// What the user said, at most 24 KB.
    pub prompt: String,
    /// What the client wants the model to know besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<Context>,
    /// Thinking is shown to the client.
    #[serde(default)]
    pub reasoning: bool,
    /// When the table forgets it.
    pub ttl: u64,
}

/// A fact from the client, such as its locale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// What it is about.
    pub description: String,
    /// What it is.
    pub value: String,
}
