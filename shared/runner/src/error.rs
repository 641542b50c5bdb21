//! Errors of an attempt.

use longwire_store::error::StoreError;
use longwire_stream::sink::Stopped;

/// Failure after which the queue delivers the job again. Any other failure ends the run with an error event, and is a
/// success of the invocation.
///
/// After each variant but [`Self::Failed`] and [`Self::Refused`] nothing more may be written or posted by this attempt.
#[derive(Debug, thiserror::Error)]
pub enum AttemptError {
    /// The control row shows another epoch or an ended run, or it is missing.
    #[error("another worker claimed the run, or it has ended")]
    NotOwner,
    /// A write failed until the run lease expired.
    #[error("the table failed until the run lease expired: {0}")]
    LeaseExpired(#[source] StoreError),
    /// A table refused a write for good: it is invalid, too large, or not permitted. The run ends with an error.
    #[error("a write was refused: {0}")]
    Refused(#[source] StoreError),
    /// Another run has stored a message of the same number, so the history was read too early.
    #[error("the history was read too early: another run has stored a message since")]
    StaleHistory,
    /// Each commit of the end found a cancellation request, or was refused.
    #[error("the end was not stored: each commit found a cancellation request or was refused")]
    EndNotStored,
    /// The subscribers in the control row changed before each write that was to release the run.
    #[error("the run was not handed over: its subscribers changed before each write")]
    NotHandedOver,
    /// The task that posts the run's events ended before the attempt.
    #[error(transparent)]
    StreamStopped(#[from] Stopped),
    /// A table or a queue failed before the run was claimed or after it was released.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl AttemptError {
    /// Name of the variant for the log, in `snake_case`.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotOwner => "not_owner",
            Self::LeaseExpired(_) => "lease_expired",
            Self::Refused(_) => "refused",
            Self::StaleHistory => "stale_history",
            Self::EndNotStored => "end_not_stored",
            Self::NotHandedOver => "not_handed_over",
            Self::StreamStopped(_) => "stream_stopped",
            Self::Failed(_) => "failed",
        }
    }

    /// Tells whether the run may be leased still, to another worker or to this attempt, which did not release it. A
    /// delivery before the lease expires cannot move the run.
    pub fn may_be_leased(&self) -> bool {
        !matches!(self, Self::Failed(_))
    }
}
