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

use crate::error::StoreError;
use crate::threads::WAKE_AFTER_LEASE;
use crate::threads::change::Change;
use crate::threads::item::{n, s};
use longwire_core::ids::ConnectionId;
use longwire_core::message::Usage;
use longwire_core::run::CancelReason;
use longwire_core::run::Cursor;
use longwire_core::run::{RunRow, RunStatus};
use std::collections::BTreeMap;

/// One way a run's row changes. Times are seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(super) enum Transition<'a> {
    /// waiting → leased.
    Claim(Claimant<'a>),
    /// free → leased: a planned hand-over arrives. No line is void.
    AcceptHandOver(Claimant<'a>),
    /// leased → leased, from a worker whose lease is over: it died. The write records the restart, so that the
    /// restart line stands before anybody sees it: lines after `keep` are void.
    Reclaim {
        /// Who takes it.
        claimant: Claimant<'a>,
        /// The row as the dead worker left it.
        dead: &'a RunRow,
    },
    /// Unfinished, and its message is sent again: nobody else sends it for a while.
    PostponeWake { before: u64, wake_by: u64 },
    /// leased → leased, until later.
    Renew { epoch: u32, until: u64 },
    /// leased → leased: since when nobody watches; `None` when somebody does again.
    SetGoneSince { epoch: u32, since: Option<u64> },
    /// leased → leased: a step was stored.
    Step { epoch: u32, progress: Progress },
    /// leased → waiting or free, as it was before this worker took it and did nothing.
    GiveBack { epoch: u32, waits: bool },
    /// leased → free, at a step's end.
    HandOver { epoch: u32, moved: HandOver<'a> },
    /// leased → free, within a step, which is void from now on.
    Cut {
        epoch: u32,
        moved: HandOver<'a>,
        cut: Cut,
    },
    /// leased or free, and asked to stop. The first reason counts.
    RequestCancel { reason: CancelReason },
    /// waiting → ended: nobody ever began it.
    CancelQueued { reason: CancelReason, at: u64 },
    /// leased → ended. One that is no cancellation gives way to a cancel that was asked for.
    End {
        epoch: u32,
        progress: Progress,
        end: End,
    },
}

/// A worker that wants a run. Times are seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct Claimant<'a> {
    /// The invocation's id.
    pub id: &'a str,
    /// Now.
    pub now: u64,
    /// Until when its word shall hold.
    pub until: u64,
}

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// Finished, failed or cancelled.
    pub status: RunStatus,
    /// Why it was cancelled.
    pub reason: Option<CancelReason>,
    /// Now, in seconds since 1970.
    pub at: u64,
}

/// Where a run's watchers stood, and stand for the next worker.
#[derive(Debug, Clone, Copy)]
pub struct HandOver<'a> {
    /// As the row has them: whoever attached meanwhile makes the write fail, to be made again.
    pub before: &'a BTreeMap<ConnectionId, Cursor>,
    /// As they are.
    pub after: &'a BTreeMap<ConnectionId, Cursor>,
    /// By when the next worker must have come.
    pub wake_by: u64,
}

/// A step that is void because the worker's time was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The step, counted from 1.
    pub step: u32,
    /// The last line that stands.
    pub keep: u64,
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
    pub(super) fn change(&self) -> Result<Change, StoreError> {
        Ok(match *self {
            Self::Claim(claimant) => lease(from(RunStatus::Queued), claimant),
            Self::AcceptHandOver(claimant) => {
                lease(from(RunStatus::Running).when_absent(OWNER), claimant)
            }
            Self::Reclaim { claimant, dead } => {
                let over = from(RunStatus::Running)
                    .when("epoch", n(dead.epoch))
                    .when("leaseUntil", n(dead.lease_until));
                restart(lease(over, claimant), dead.last_valid_event()).count("crashes")
            }
            Self::PostponeWake { before, wake_by } => Change::default()
                .when("wakeBy", n(before))
                .set("wakeBy", n(wake_by)),
            Self::Renew { epoch, until } => owned(epoch)
                .set("leaseUntil", n(until))
                .set("wakeBy", n(until + WAKE_AFTER_LEASE.as_secs())),
            Self::SetGoneSince { epoch, since } => match since {
                Some(since) => owned(epoch).set("goneSince", n(since)),
                None => owned(epoch).remove("goneSince"),
            },
            Self::Step { epoch, progress } => progress.write(owned(epoch))?,
            Self::GiveBack { epoch, waits } => {
                let change = free(owned(epoch));
                if waits {
                    change.set("status", word(RunStatus::Queued))
                } else {
                    change
                }
            }
            Self::HandOver { epoch, moved } => moved.write(free(owned(epoch)))?,
            Self::Cut { epoch, moved, cut } => {
                restart(moved.write(free(owned(epoch)))?, cut.keep).set("cut", n(cut.step))
            }
            Self::RequestCancel { reason } => {
                from(RunStatus::Running).set_once("cancelRequested", to_attribute_value(reason)?)
            }
            Self::CancelQueued { reason, at } => {
                let end = End {
                    status: RunStatus::Cancelled,
                    reason: Some(reason),
                    at,
                };
                ended(from(RunStatus::Queued), end)?
            }
            Self::End {
                epoch,
                progress,
                end,
            } => {
                let change = ended(progress.write(owned(epoch))?, end)?;
                if end.status == RunStatus::Cancelled {
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

fn from(status: RunStatus) -> Change {
    Change::default().when("status", word(status))
}

/// From leased, by the worker of this epoch and nobody else.
fn owned(epoch: u32) -> Change {
    from(RunStatus::Running)
        .when("epoch", n(epoch))
        .when_present(OWNER)
}

fn lease(change: Change, claimant: Claimant<'_>) -> Change {
    change
        .set("status", word(RunStatus::Running))
        .set(OWNER, s(claimant.id))
        .set("leaseUntil", n(claimant.until))
        .set("wakeBy", n(claimant.until + WAKE_AFTER_LEASE.as_secs()))
        .count("epoch")
}

fn free(change: Change) -> Change {
    change.remove(OWNER).set("leaseUntil", n(0_u32))
}

/// The restart line has the number after the last line that stands.
fn restart(change: Change, keep: u64) -> Change {
    change.push("restarts", n(keep)).set("lastSeq", n(keep + 1))
}

fn ended(change: Change, end: End) -> Result<Change, StoreError> {
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

fn word(status: RunStatus) -> AttributeValue {
    s(match status {
        RunStatus::Queued => "queued",
        RunStatus::Running => "running",
        RunStatus::Finished => "finished",
        RunStatus::Failed => "failed",
        RunStatus::Cancelled => "cancelled",
    })
}

impl Progress {
    fn write(self, change: Change) -> Result<Change, StoreError> {
        let change = change.set("usage", to_attribute_value(self.usage)?);
        Ok(match self.last_seq {
            Some(seq) => change.set("lastSeq", n(seq)),
            None => change,
        })
    }
}

impl HandOver<'_> {
    fn write(self, change: Change) -> Result<Change, StoreError> {
        Ok(change
            .when("attached", to_attribute_value(self.before)?)
            .set("attached", to_attribute_value(self.after)?)
            .set("wakeBy", n(self.wake_by))
            .count("handovers"))
    }
}
