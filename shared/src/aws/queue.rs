//! The queue that wakes workers. A standard one: a message may come twice, late or out of order, and the
//! tables decide what it means.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::fault::Fault;
use crate::job::Job;

/// The longest delay of a message (SQS, "Message timers").
pub const MAX_DELAY: Duration = Duration::from_secs(900);

/// The longest time a message may stay invisible (SQS, "Visibility timeout").
pub const MAX_INVISIBLE: Duration = Duration::from_secs(12 * 3600);

/// What SQS says of a message that was deleted, or that another has received since (SQS API reference,
/// "ChangeMessageVisibility", Errors; the older protocol's names too).
const NOT_OURS: [&str; 4] = [
    "InvalidParameterValue",
    "MessageNotInflight",
    "AWS.SimpleQueueService.MessageNotInflight",
    "ReceiptHandleIsInvalid",
];

/// A queue: the workers', or the one for dead letters. Cheap to clone. The client's own time limits hold
/// ([`crate::aws::sdk::quick`]).
#[derive(Debug, Clone)]
pub struct Queue {
    client: Client,
    url: String,
}

impl Queue {
    /// Over this client and the queue's URL.
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self {
            client,
            url: url.into(),
        }
    }

    /// Asks for a worker now.
    pub async fn send(&self, job: &Job) -> Result<(), Fault> {
        self.send_after(job, Duration::ZERO).await
    }

    /// Asks for a worker after a delay: whole seconds, rounded up, [`MAX_DELAY`] at most.
    pub async fn send_after(&self, job: &Job, delay: Duration) -> Result<(), Fault> {
        let body = serde_json::to_string(job).expect("a job has strings for keys");
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .message_group_id(job.owner.as_str())
            .set_delay_seconds((!delay.is_zero()).then(|| whole_seconds(delay.min(MAX_DELAY))))
            .send()
            .await?;
        Ok(())
    }

    /// Keeps a received message invisible for so long from now: whole seconds, rounded up,
    /// [`MAX_INVISIBLE`] at most. A failure decides nothing: the run's row says who owns the run. Refused when the
    /// message is not with whoever received it any more.
    pub async fn keep_invisible(&self, receipt: &str, time: Duration) -> Result<(), Fault> {
        let sent = self
            .client
            .change_message_visibility()
            .queue_url(&self.url)
            .receipt_handle(receipt)
            .visibility_timeout(whole_seconds(time.min(MAX_INVISIBLE)))
            .send()
            .await;
        let Err(error) = sent else { return Ok(()) };
        let code = error
            .as_service_error()
            .and_then(ProvideErrorMetadata::code);
        Err(match code {
            Some(code) if NOT_OURS.contains(&code) => Fault::Refused,
            _ => error.into(),
        })
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
