//! Errors of the scheduler.

use longwire_queue::error::QueueError;
use longwire_store::error::StoreError;

/// Error of the table or of the queue.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue failed.
    #[error(transparent)]
    Queue(#[from] QueueError),
}
