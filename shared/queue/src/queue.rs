//! One SQS queue.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use longwire_core::connection_job::ConnectionJob;
use longwire_core::drain_job::DrainJob;
use longwire_core::job::Job;
use serde::Serialize;

use crate::error::QueueError;

/// Longest delay of a message (SQS developer guide, "Message timers").
const MAX_DELAY: Duration = Duration::from_secs(900);

/// Longest visibility timeout of a message (SQS developer guide, "Visibility timeout").
const MAX_VISIBILITY: Duration = Duration::from_secs(12 * 3600);

/// One SQS queue: of jobs, of connection jobs, of pushes, or of dead letters. Cheap to clone.
/// Time limits are those of the client.
#[derive(Debug, Clone)]
pub struct Queue {
    client: Client,
    url: String,
}

impl Queue {
    /// Wraps a client and the URL of a queue.
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self {
            client,
            url: url.into(),
        }
    }

    /// Asks for an attribute of the queue, so that the client is connected. A failure is ignored.
    pub async fn warm_up(&self) {
        let request = self.client.get_queue_attributes().queue_url(&self.url);
        let arn = QueueAttributeName::QueueArn;
        let _ = request.attribute_names(arn).send().await;
    }

    /// Sends a job for delivery at once.
    pub async fn send(&self, job: &Job) -> Result<(), QueueError> {
        self.send_after(job, Duration::ZERO).await
    }

    /// Sends a job for delivery after `delay`: whole seconds, rounded up, at most
    /// 15 minutes.
    pub async fn send_after(&self, job: &Job, delay: Duration) -> Result<(), QueueError> {
        self.send_message(job, job.group(), delay).await
    }

    /// Sends the job of a connection for delivery after `delay`: whole seconds, rounded up, at most 15 minutes.
    pub async fn send_connection(
        &self,
        job: &ConnectionJob,
        delay: Duration,
    ) -> Result<(), QueueError> {
        self.send_message(job, job.connection.as_str(), delay).await
    }

    /// Sends a drain job for delivery at once.
    pub async fn send_drain(&self, job: &DrainJob) -> Result<(), QueueError> {
        self.send_message(job, job.drain.as_str(), Duration::ZERO)
            .await
    }

    async fn send_message(
        &self,
        job: &impl Serialize,
        group: &str,
        delay: Duration,
    ) -> Result<(), QueueError> {
        let body = serde_json::to_string(job).expect("a job has strings for keys");
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .message_group_id(group)
            .set_delay_seconds((!delay.is_zero()).then(|| whole_seconds(delay.min(MAX_DELAY))))
            .send()
            .await?;
        Ok(())
    }

    /// Sets the visibility timeout of a received message, counted from now: whole seconds, rounded up, at most
    /// 12 hours. Fails with [`QueueError::NotInFlight`] when the message was deleted or received again.
    pub async fn change_visibility(
        &self,
        receipt: &str,
        timeout: Duration,
    ) -> Result<(), QueueError> {
        self.client
            .change_message_visibility()
            .queue_url(&self.url)
            .receipt_handle(receipt)
            .visibility_timeout(whole_seconds(timeout.min(MAX_VISIBILITY)))
            .send()
            .await
            .map_err(QueueError::of_receipt)?;
        Ok(())
    }
}

fn whole_seconds(time: Duration) -> i32 {
    let up = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    i32::try_from(up).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_up() {
        assert_eq!(whole_seconds(Duration::from_millis(4_001)), 5);
        assert_eq!(whole_seconds(Duration::from_secs(5)), 5);
        assert_eq!(whole_seconds(Duration::ZERO), 0);
    }
}
