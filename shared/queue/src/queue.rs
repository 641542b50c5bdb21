//! One SQS queue.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{BatchResultErrorEntry, QueueAttributeName, SendMessageBatchRequestEntry};
use longwire_core::connection_job::ConnectionJob;
use longwire_core::drain_job::DrainJob;
use longwire_core::job::Job;
use longwire_core::room_job::RoomJob;
use serde::Serialize;

use crate::error::QueueError;

/// Longest delay of a message (SQS developer guide, "Message timers").
const MAX_DELAY: Duration = Duration::from_secs(900);

/// Longest visibility timeout of a message (SQS developer guide, "Visibility timeout").
const MAX_VISIBILITY: Duration = Duration::from_secs(12 * 3600);

/// Most messages of a batch (SQS API reference, "SendMessageBatch").
const MAX_BATCH: usize = 10;

/// Most bytes of the messages of a batch. SQS takes 1 MiB; some stand-ins, and SQS before August 2025, take a quarter of it.
const MAX_BATCH_BYTES: usize = 256 * 1024;

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

    /// Sends room jobs for delivery at once, as many together as SQS takes. When some are not sent, all may be sent again.
    pub async fn send_rooms(&self, jobs: &[RoomJob]) -> Result<(), QueueError> {
        for batch in batches(jobs) {
            let entries = batch.into_iter().enumerate();
            let entries = entries
                .map(|(at, (group, body))| {
                    SendMessageBatchRequestEntry::builder()
                        .id(at.to_string())
                        .message_body(body)
                        .message_group_id(group)
                        .build()
                        .expect("an entry has an id and a body")
                })
                .collect();
            let request = self.client.send_message_batch().queue_url(&self.url);
            let sent = request.set_entries(Some(entries)).send().await?;
            if let Some(failed) = sent.failed().first() {
                return Err(not_sent(failed));
            }
        }
        Ok(())
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

/// Groups and bodies of room jobs, divided into batches.
fn batches(jobs: &[RoomJob]) -> Vec<Vec<(&str, String)>> {
    let mut batches: Vec<Vec<_>> = Vec::new();
    let mut bytes = 0;
    for job in jobs {
        let body = serde_json::to_string(job).expect("a job has strings for keys");
        bytes += body.len();
        match batches.last_mut() {
            Some(batch) if batch.len() < MAX_BATCH && bytes <= MAX_BATCH_BYTES => {
                batch.push((job.members.room.as_str(), body));
            }
            _ => {
                bytes = body.len();
                batches.push(vec![(job.members.room.as_str(), body)]);
            }
        }
    }
    batches
}

/// Error of a message that was not sent with its batch, whose response is a success.
fn not_sent(failed: &BatchResultErrorEntry) -> QueueError {
    let error = format!(
        "{}: {}",
        failed.code(),
        failed.message().unwrap_or_default()
    );
    match failed.sender_fault() {
        true => QueueError::Permanent(error),
        false => QueueError::Unavailable(error),
    }
}

fn whole_seconds(time: Duration) -> i32 {
    let up = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    i32::try_from(up).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use longwire_core::ids::RoomName;
    use longwire_core::room_job::Members;

    use super::*;

    #[test]
    fn room_jobs_are_divided_into_batches_that_sqs_takes() {
        let job = |bytes| {
            let event = serde_json::value::to_raw_value(&"x".repeat(bytes)).expect("JSON");
            RoomJob::new(Members::all(RoomName::trusted("ops")), event)
        };
        let lengths = |bytes, count| {
            let jobs: Vec<_> = (0..count).map(|_| job(bytes)).collect();
            let batches = batches(&jobs);
            let size = |batch: &Vec<(&str, String)>| batch.iter().map(|(_, body)| body.len()).sum();
            assert!(
                batches
                    .iter()
                    .map(size)
                    .all(|bytes: usize| bytes <= MAX_BATCH_BYTES)
            );
            batches.iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(lengths(10, 0), [0; 0]);
        assert_eq!(lengths(10, 23), [10, 10, 3]);
        assert_eq!(lengths(28_032, 20), [9, 9, 2]);
    }

    #[test]
    fn seconds_are_rounded_up() {
        assert_eq!(whole_seconds(Duration::from_millis(4_001)), 5);
        assert_eq!(whole_seconds(Duration::from_secs(5)), 5);
        assert_eq!(whole_seconds(Duration::ZERO), 0);
    }
}
