//! A run's state machine: every way its state may change once it is there, each as one conditional write. What is
//! not here cannot be written. Who watches is the business of `resume`, repeating a start and taking it back that
//! of `record`.
//!
//! ```text
//!              take                      end
//!  waiting ───────────────> leased ─────────────────> ended
//!   │   ^                   │ │ ^ ^                     ^
//!   │   └─── give_back ─────┘ │ │ └ renew, step,        │
//!   │                         │ │   gone, ask_cancel,   │
//!   │                hand_over│ │   take_over           │
//!   │                     cut │ │ take_on               │
//!   │                         v │                       │
//!   │                        free                       │
//!   └───────────────────── cancel ──────────────────────┘
//! ```
//!
//! *leased* and *free* are both `running` to a client; a free run has no owner and no lease. `take_over` leads
//! from a lease that is over to a new one, and counts a crash. `ask_cancel` also reaches a free run, whose next
//! worker obeys it. `wake` moves nothing but the time by which an unfinished run must have been moved.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value;

use super::WAKE_AFTER_LEASE;
use super::change::Change;
use super::fence::{Cut, End, Moved};
use super::item::{n, s};
use super::take::Taker;
use crate::aws::fault::Fault;
use crate::message::Usage;
use crate::run::{RunRow, Status};
use crate::wire::line::Reason;

/// One way a run's row changes. Times are seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(super) enum Transition<'a> {
    /// waiting → leased.
    Take(Taker<'a>),
    /// free → leased: a planned hand-over arrives. No line is void.
    TakeOn(Taker<'a>),
    /// leased → leased, from a worker whose lease is over: it died. The write records the restart, so that the
    /// restart line stands before anybody sees it: lines after `keep` are void.
    TakeOver {
        /// Who takes it.
        taker: Taker<'a>,
        /// The row as the dead worker left it.
        dead: &'a RunRow,
    },
    /// Unfinished, and its message is sent again: nobody else sends it for a while.
    Wake { before: u64, wake_by: u64 },
    /// leased → leased, until later.
    Renew { owner: u32, until: u64 },
    /// leased → leased: since when nobody watches; `None` when somebody does again.
    Gone { owner: u32, since: Option<u64> },
    /// leased → leased: a step was stored.
    Step { owner: u32, progress: Progress },
    /// leased → waiting or free, as it was before this worker took it and did nothing.
    GiveBack { owner: u32, waits: bool },
    /// leased → free, at a step's end.
    HandOver { owner: u32, moved: Moved<'a> },
    /// leased → free, within a step, which is void from now on.
    Cut {
        owner: u32,
        moved: Moved<'a>,
        cut: Cut,
    },
    /// leased or free, and asked to stop. The first reason counts.
    AskCancel { reason: Reason },
    /// waiting → ended: nobody ever began it.
    Cancel { reason: Reason, at: u64 },
    /// leased → ended. One that is no cancellation gives way to a cancel that was asked for.
    End {
        owner: u32,
        progress: Progress,
        end: End,
    },
}

/// How far a run has come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    /// What it cost so far.
    pub usage: Usage,
    /// The last line that is in the log with this write.
    pub last_seq: Option<u64>,
}

impl Transition<'_> {
    /// The write.
    pub(super) fn change(&self) -> Result<Change, Fault> {
        Ok(match *self {
            Self::Take(taker) => lease(from(Status::Queued), taker),
            Self::TakeOn(taker) => lease(from(Status::Running).when_absent(OWNER), taker),
            Self::TakeOver { taker, dead } => {
                let over = from(Status::Running)
                    .when("epoch", n(dead.epoch))
                    .when("leaseUntil", n(dead.lease_until));
                restart(lease(over, taker), dead.keep()).count("crashes")
            }
            Self::Wake { before, wake_by } => Change::default()
                .when("wakeBy", n(before))
                .set("wakeBy", n(wake_by)),
            Self::Renew { owner, until } => owned(owner)
                .set("leaseUntil", n(until))
                .set("wakeBy", n(until + WAKE_AFTER_LEASE.as_secs())),
            Self::Gone { owner, since } => match since {
                Some(since) => owned(owner).set("goneSince", n(since)),
                None => owned(owner).remove("goneSince"),
            },
            Self::Step { owner, progress } => progress.write(owned(owner))?,
            Self::GiveBack { owner, waits } => {
                let change = free(owned(owner));
                if waits {
                    change.set("status", word(Status::Queued))
                } else {
                    change
                }
            }
            Self::HandOver { owner, moved } => moved.write(free(owned(owner)))?,
            Self::Cut { owner, moved, cut } => {
                restart(moved.write(free(owned(owner)))?, cut.keep).set("cut", n(cut.step))
            }
            Self::AskCancel { reason } => {
                from(Status::Running).set_once("cancelRequested", to_attribute_value(reason)?)
            }
            Self::Cancel { reason, at } => {
                let end = End {
                    status: Status::Cancelled,
                    reason: Some(reason),
                    at,
                };
                ended(from(Status::Queued), end)?
            }
            Self::End {
                owner,
                progress,
                end,
            } => {
                let change = ended(progress.write(owned(owner))?, end)?;
                if end.status == Status::Cancelled {
                    change
                } else {
                    change.when_absent("cancelRequested")
                }
            }
        })
    }
}

/// The attribute that says whose invocation owns the run.
const OWNER: &str = "takenBy";

fn from(status: Status) -> Change {
    Change::default().when("status", word(status))
}

/// From leased, by the worker of this epoch and nobody else.
fn owned(epoch: u32) -> Change {
    from(Status::Running)
        .when("epoch", n(epoch))
        .when_present(OWNER)
}

fn lease(change: Change, taker: Taker<'_>) -> Change {
    change
        .set("status", word(Status::Running))
        .set(OWNER, s(taker.id))
        .set("leaseUntil", n(taker.until))
        .set("wakeBy", n(taker.until + WAKE_AFTER_LEASE.as_secs()))
        .count("epoch")
}

fn free(change: Change) -> Change {
    change.remove(OWNER).set("leaseUntil", n(0_u32))
}

/// The restart line has the number after the last line that stands.
fn restart(change: Change, keep: u64) -> Change {
    change.push("restarts", n(keep)).set("lastSeq", n(keep + 1))
}

fn ended(change: Change, end: End) -> Result<Change, Fault> {
    let change = change
        .set("status", word(end.status))
        .set("endedAt", n(end.at))
        .remove("wakeBy")
        .remove("open");
    Ok(match end.reason {
        Some(reason) => change.set("reason", to_attribute_value(reason)?),
        None => change,
    })
}

fn word(status: Status) -> AttributeValue {
    s(match status {
        Status::Queued => "queued",
        Status::Running => "running",
        Status::Finished => "finished",
        Status::Failed => "failed",
        Status::Cancelled => "cancelled",
    })
}

impl Progress {
    fn write(self, change: Change) -> Result<Change, Fault> {
        let change = change.set("usage", to_attribute_value(self.usage)?);
        Ok(match self.last_seq {
            Some(seq) => change.set("lastSeq", n(seq)),
            None => change,
        })
    }
}

impl Moved<'_> {
    fn write(self, change: Change) -> Result<Change, Fault> {
        Ok(change
            .when("attached", to_attribute_value(self.before)?)
            .set("attached", to_attribute_value(self.now)?)
            .set("wakeBy", n(self.wake_by))
            .count("handovers"))
    }
}
