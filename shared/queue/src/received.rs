//! A received message, until it is deleted or visible again.

use std::time::Duration;

use crate::error::QueueError;
use crate::queue::Queue;

/// Handle of a received message.
#[derive(Debug, Clone)]
pub struct ReceivedMessage {
    queue: Queue,
    receipt: String,
}

impl ReceivedMessage {
    /// Wraps the receipt handle of a message that `queue` delivered.
    pub fn new(queue: Queue, receipt: impl Into<String>) -> Self {
        Self {
            queue,
            receipt: receipt.into(),
        }
    }

    /// Sets the visibility timeout, counted from now. A longer one keeps the message from other workers; a short
    /// one makes it visible again ([`Queue::change_visibility`]).
    pub async fn change_visibility(&self, timeout: Duration) -> Result<(), QueueError> {
        self.queue.change_visibility(&self.receipt, timeout).await
    }
}
