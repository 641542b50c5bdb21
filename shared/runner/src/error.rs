//! Errors of an attempt.

use longwire_stream::sink::Stopped;

/// Reason why a job was not done. Its message goes back to the queue; every other failure ends the run with an error
/// for its client, and is a success here.
#[derive(Debug, thiserror::Error)]
pub enum AttemptError {
    /// The run belongs to this worker no longer: another one claimed it, it has ended, or the table failed until the
    /// lease expired. Nothing more may be written or posted.
    #[error("the run lease is lost: {0}")]
    LeaseLost(String),
    /// A table or a queue failed before the run was claimed or after it was let go.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl AttemptError {
    /// Lease that the row refutes.
    pub(crate) fn fenced() -> Self {
        Self::LeaseLost("another worker claimed the run, or it has ended".to_owned())
    }
}

impl From<Stopped> for AttemptError {
    fn from(stopped: Stopped) -> Self {
        Self::LeaseLost(stopped.to_string())
    }
}
