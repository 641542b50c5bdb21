//! State machine of a run: each change of a recorded run's state, as one conditional write of its control row.
//!
//! No other code changes the state. `record` creates the row and marks a repeated start, `take_back` deletes it; `resume`
//! writes subscribers.
//!
//! ```text
//!              claim                        end
//!  queued ────────────────> leased ───────────────────> ended
//!    │  ^                   │ │  ^                         ^
//!    │  └──── give back ────┘ │  │ accept hand-over        │
//!    │                        │  │                         │
//!    │    hand over, cut,     v  │                         │
//!    │    give back        handed over                     │
//!    │                                                     │
//!    └─────────────────── cancel queued ───────────────────┘
//! ```
//!
//! *Leased* and *handed over* both have the status `running`; a run that is handed over has neither an owner nor a
//! lease. Giving back makes a run queued again after a fresh claim, and handed over after any other.
//!
//! A leased run stays leased when its worker renews the lease, stores a step, or writes since when the run has no
//! subscriber, and when another worker reclaims it after the lease expired. Requesting a cancellation keeps the
//! state, leased or handed over; the worker, or the next one, obeys. Accepting a text keeps the state of an unfinished run and
//! counts it. Postponing the wake-up moves only the `wakeBy` deadline of an unfinished run. An ended run changes in its
//! counters (`counters.rs`) and, when it is erased, in its generation (`erase.rs`). *Erase*, and `end_unreadable` for a row that this version cannot deserialize (`run_row.rs`), end
//! a run from any unfinished state.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use longwire_core::job::VERSION;
use longwire_core::pending::Pending;
use longwire_core::run::{CancelReason, RunEnd, RunRow, RunStatus};
use serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value;

use crate::error::StoreError;
use crate::item::{n, s};
use crate::threads::hand_over::{Cut, HandOver};
use crate::threads::progress::Progress;
use crate::threads::update_expression::UpdateExpression;

/// Time from the expiry of a lease to the `wakeBy` deadline of its run, when the deadline is moved.
const WAKE_AFTER_LEASE: Duration = Duration::from_secs(120);

/// Time from the expiry of a lease within which the deadline is moved.
const WAKE_SOON_AFTER_LEASE: Duration = Duration::from_secs(60);

/// Attribute with the invocation id of the worker that owns the run.
const OWNER: &str = "takenBy";

/// Change of a run's control row. Times are seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(super) enum Transition<'a> {
    /// queued → leased, when the `wakeBy` deadline is far enough behind the lease. The deadline stays: each change of it
    /// costs two write units more, in the index of open runs.
    Claim(Claimant<'a>),
    /// queued → leased, of a run that waited long. Moves the deadline.
    ClaimLate(Claimant<'a>),
    /// handed over → leased. No event becomes void.
    AcceptHandOver(Claimant<'a>),
    /// leased → leased, from a worker that crashed: its lease expired. The same write records the restart, so that
    /// no reader sees the new epoch without it. Events after the last valid one become void.
    Reclaim {
        /// Worker that wants the run.
        claimant: Claimant<'a>,
        /// Row as the crashed worker left it. A slow one may store a step until the write, whose events must stay valid.
        crashed: &'a RunRow,
    },
    /// Any unfinished state: moves the `wakeBy` deadline, so that one reader alone sends the job again.
    PostponeWake { before: u64, wake_by: u64 },
    /// leased → leased: moves the expiry of the lease and, when it is given, the `wakeBy` deadline.
    Renew {
        holder: LeaseHolder<'a>,
        until: u64,
        wake_by: Option<u64>,
    },
    /// leased → leased: sets the time since which the run has no subscriber; `None` when it has one again.
    SetGoneSince {
        holder: LeaseHolder<'a>,
        since: Option<u64>,
    },
    /// leased → leased: a step was stored.
    Step {
        holder: LeaseHolder<'a>,
        progress: Progress,
    },
    /// leased → queued after a fresh claim, else leased → handed over. The worker did nothing.
    GiveBack {
        holder: LeaseHolder<'a>,
        to_queued: bool,
    },
    /// leased → handed over, after a step.
    HandOver {
        holder: LeaseHolder<'a>,
        moved: HandOver<'a>,
    },
    /// leased → handed over, within a step. The events of the step become void.
    Cut {
        holder: LeaseHolder<'a>,
        moved: HandOver<'a>,
        cut: Cut,
    },
    /// leased or handed over, unchanged: requests a cancellation. The first reason stays.
    RequestCancel { reason: CancelReason },
    /// Any unfinished state, unchanged: counts a text that the user sent to the run. The run has this row otherwise, so that
    /// each text has a number of its own, and is of no later run of the same id.
    AcceptText { row: &'a RunRow },
    /// queued → ended, without a worker.
    CancelQueued { reason: CancelReason, at: u64 },
    /// Any unfinished state of a run that was claimed in this generation of its thread → ended, so that its worker
    /// can write nothing more. The row is deleted next.
    Erase { generation: u64, at: u64 },
    /// leased → ended. Refused after a cancel request, unless the end is a cancellation, and while the run has texts that
    /// are not among those of the progress.
    End {
        holder: LeaseHolder<'a>,
        progress: Progress,
        end: RunEnd,
        pending: Option<&'a Pending>,
        at: u64,
    },
}

/// Holder of a run lease: the invocation and the epoch of its claim. The epoch alone is not enough, because a run that is
/// started again after its thread was erased begins at epoch 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct LeaseHolder<'a> {
    /// Id of the worker's invocation.
    pub(super) owner: &'a str,
    /// Epoch of the claim.
    pub(super) epoch: u32,
}

/// Worker that wants a run. Times are seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct Claimant<'a> {
    /// Id of the worker's invocation.
    pub id: &'a str,
    /// Current time.
    pub now: u64,
    /// Expiry of the lease.
    pub until: u64,
}

impl Transition<'_> {
    /// Makes the write of the transition.
    pub(super) fn expression(&self) -> Result<UpdateExpression, StoreError> {
        Ok(match *self {
            Self::Claim(claimant) => leased(
                with_status(RunStatus::Queued).when_at_least(
                    "wakeBy",
                    n(claimant.until + WAKE_SOON_AFTER_LEASE.as_secs()),
                ),
                claimant,
            ),
            Self::ClaimLate(claimant) => {
                wakes_after(leased(with_status(RunStatus::Queued), claimant), claimant)
            }
            Self::AcceptHandOver(claimant) => {
                let handed_over = with_status(RunStatus::Running).when_absent(OWNER);
                wakes_after(leased(handed_over, claimant), claimant)
            }
            Self::Reclaim { claimant, crashed } => {
                let expired = with_status(RunStatus::Running)
                    .when("epoch", n(crashed.epoch))
                    .when("leaseUntil", n(crashed.lease_until))
                    .when("lastSeq", n(crashed.last_seq));
                let leased = wakes_after(leased(expired, claimant), claimant);
                restarted(leased, crashed.last_valid_event()).increment("crashes")
            }
            Self::PostponeWake { before, wake_by } => UpdateExpression::default()
                .when("wakeBy", n(before))
                .set("wakeBy", n(wake_by)),
            Self::Renew {
                holder,
                until,
                wake_by,
            } => renewed(owned(holder), until, wake_by),
            Self::SetGoneSince { holder, since } => match since {
                Some(since) => owned(holder).set("goneSince", n(since)),
                None => owned(holder).remove("goneSince"),
            },
            Self::Step { holder, progress } => progress.write(owned(holder))?,
            Self::GiveBack { holder, to_queued } => {
                let expression = without_lease(owned(holder));
                if to_queued {
                    expression.set("status", status_value(RunStatus::Queued))
                } else {
                    expression
                }
            }
            Self::HandOver { holder, moved } => moved.write(without_lease(owned(holder)))?,
            Self::Cut { holder, moved, cut } => {
                restarted(moved.write(without_lease(owned(holder)))?, cut.keep)
                    .set("cut", n(cut.step))
            }
            Self::RequestCancel { reason } => with_status(RunStatus::Running)
                .set_if_absent("cancelRequested", to_attribute_value(reason)?),
            Self::AcceptText { row } => when_accepted(
                UpdateExpression::default()
                    .when_none_of("status", RunStatus::ENDED.map(status_value))
                    .when("messageId", s(row.message_id.as_str()))
                    .when("startedAt", n(row.started_at)),
                row.steers,
            )
            .set("steers", n(row.steers.saturating_add(1))),
            Self::CancelQueued { reason, at } => ended(
                with_status(RunStatus::Queued),
                RunEnd::Cancelled(reason),
                at,
            )?,
            Self::Erase { generation, at } => ended(
                UpdateExpression::default()
                    .when("generation", n(generation))
                    .when_none_of("status", RunStatus::ENDED.map(status_value)),
                RunEnd::Cancelled(CancelReason::User),
                at,
            )?
            .remove(OWNER),
            Self::End {
                holder,
                progress,
                end,
                pending,
                at,
            } => {
                let expression = match progress.steered {
                    Some(steered) => when_accepted(owned(holder), steered),
                    None => owned(holder),
                };
                let expression = ended(progress.write(expression)?, end, at)?;
                let expression = match pending {
                    Some(pending) => expression.set("pending", to_attribute_value(pending)?),
                    None => expression,
                };
                match end {
                    RunEnd::Cancelled(_) => expression,
                    RunEnd::Finished | RunEnd::Failed(_) => {
                        expression.when_absent("cancelRequested")
                    }
                }
            }
        })
    }
}

/// Stored value of a status.
pub(super) fn status_value(status: RunStatus) -> AttributeValue {
    s(match status {
        RunStatus::Queued => "queued",
        RunStatus::Running => "running",
        RunStatus::Finished => "finished",
        RunStatus::Failed => "failed",
        RunStatus::Cancelled => "cancelled",
    })
}

fn with_status(status: RunStatus) -> UpdateExpression {
    UpdateExpression::default().when("status", status_value(status))
}

/// Requires that the worker of this claim owns the run.
fn owned(holder: LeaseHolder<'_>) -> UpdateExpression {
    with_status(RunStatus::Running)
        .when("epoch", n(holder.epoch))
        .when(OWNER, s(holder.owner))
}

/// Requires that the run has accepted this number of texts.
fn when_accepted(expression: UpdateExpression, texts: u32) -> UpdateExpression {
    match texts {
        0 => expression.when_absent("steers"),
        texts => expression.when("steers", n(texts)),
    }
}

/// Claims a run. A row of a newer version is left to a worker of that version.
fn leased(expression: UpdateExpression, claimant: Claimant<'_>) -> UpdateExpression {
    expression
        .when_at_most("v", n(VERSION))
        .set("status", status_value(RunStatus::Running))
        .set(OWNER, s(claimant.id))
        .set("leaseUntil", n(claimant.until))
        .remove("wakes")
        .increment("epoch")
}

fn renewed(expression: UpdateExpression, until: u64, wake_by: Option<u64>) -> UpdateExpression {
    let expression = expression.set("leaseUntil", n(until));
    match wake_by {
        Some(wake_by) => expression.set("wakeBy", n(wake_by)),
        None => expression,
    }
}

fn wakes_after(expression: UpdateExpression, claimant: Claimant<'_>) -> UpdateExpression {
    expression.set("wakeBy", n(claimant.until + WAKE_AFTER_LEASE.as_secs()))
}

/// Deadline that a renewal of the lease until `until` stores: none while the stored one is far enough behind it.
pub fn next_wake_by(stored: Option<u64>, until: u64) -> Option<u64> {
    let soon = until + WAKE_SOON_AFTER_LEASE.as_secs();
    let late = stored.is_some_and(|wake_by| wake_by >= soon);
    (!late).then_some(until + WAKE_AFTER_LEASE.as_secs())
}

fn without_lease(expression: UpdateExpression) -> UpdateExpression {
    expression.remove(OWNER).set("leaseUntil", n(0_u32))
}

/// Records a restart after event `keep`. The restart event takes the next number.
fn restarted(expression: UpdateExpression, keep: u64) -> UpdateExpression {
    expression
        .append("restarts", n(keep))
        .set("lastSeq", n(keep + 1))
}

fn ended(
    expression: UpdateExpression,
    end: RunEnd,
    at: u64,
) -> Result<UpdateExpression, StoreError> {
    let expression = expression
        .set("status", status_value(end.status()))
        .set("endedAt", n(at))
        .remove("wakeBy")
        .remove("wakes")
        .remove("open");
    let expression = match end.reason() {
        Some(reason) => expression.set("reason", to_attribute_value(reason)?),
        None => expression,
    };
    Ok(match end.code() {
        Some(code) => expression.set("code", to_attribute_value(code)?),
        None => expression,
    })
}
