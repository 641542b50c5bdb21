//! Errors of an attempt.

use longwire_store::error::StoreError;
use longwire_stream::sink::Stopped;

/// Failure after which the queue delivers the job again. Any other failure ends the run with an error event, and is a
/// success of the invocation.
#[derive(Debug, thiserror::Error)]
pub enum AttemptError {
    /// The run belongs to this worker no longer: another one claimed it, it has ended, or the table failed until the
    /// lease expired. Nothing more may be written or posted.
    #[error("the run lease is lost: {0}")]
    LeaseLost(String),
    /// A table refused a write for good: it is invalid, too large, or not permitted. The run ends with an error.
    #[error("a write was refused: {0}")]
    Refused(StoreError),
    /// A table or a queue failed before the run was claimed or after it was released.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl AttemptError {
    /// The control row shows that another worker holds the run, or that it has ended.
    pub(crate) fn not_owner() -> Self {
        Self::LeaseLost("another worker claimed the run, or it has ended".to_owned())
    }
}

impl From<Stopped> for AttemptError {
    fn from(stopped: Stopped) -> Self {
        Self::LeaseLost(stopped.to_string())
    }
}
