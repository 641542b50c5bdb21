//! Delivery of a job.

use std::time::{Duration, SystemTime};

use longwire_core::job::Job;
use longwire_queue::received::ReceivedMessage;

/// One delivery of a job. A job may be delivered twice or late; the row of its run decides what it leads to.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// The job.
    pub job: &'a Job,
    /// Queue message that carried the job; `None` for a job that did not come from a queue.
    pub message: Option<&'a ReceivedMessage>,
    /// Number of deliveries of the message, this one included.
    pub receives: u32,
    /// Id of this invocation, stored in the row as the holder of the lease.
    pub invocation: &'a str,
    /// End of the invocation.
    pub ends_at: SystemTime,
}

impl Delivery<'_> {
    /// Extends the visibility timeout of the message. A failure is logged only, because the control row decides which
    /// worker executes the run.
    pub(crate) async fn extend_visibility(&self, timeout: Duration) {
        let Some(message) = self.message else {
            return;
        };
        if let Err(error) = message.change_visibility(timeout).await {
            tracing::warn!(
                event = "visibility_change_failed",
                %error,
                "the visibility of the message was not changed"
            );
        }
    }

    /// Time left until the invocation ends.
    pub(crate) fn time_left(&self) -> Duration {
        self.ends_at
            .duration_since(SystemTime::now())
            .unwrap_or_default()
    }
}
