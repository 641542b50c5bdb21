//! From a batch to a message to a job.

use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use backon::{ExponentialBuilder, Retryable};
use lambda_runtime::{Context, LambdaEvent};
use longwire_core::job::Job;
use longwire_lambda::sqs::receive_count;
use longwire_queue::error::QueueError;
use longwire_queue::received::ReceivedMessage;
use longwire_runner::delivery::Delivery;
use longwire_runner::error::AttemptError;
use longwire_runner::runner::Runner;
use tokio::time::{Instant, timeout};

/// Delay until a message that failed is delivered again for the first time.
const FIRST_DELAY: Duration = Duration::from_secs(5);

/// Longest time for which a failing queue is asked to take a message back.
const REQUEUE_TIMEOUT: Duration = Duration::from_secs(300);

/// Time that an invocation keeps for its response.
const RESPONSE_MARGIN: Duration = Duration::from_secs(2);

/// Handles a batch of one message. A failure is one that another delivery can cure; every other failure ended its run
/// with an error for its client, and is a success here.
pub(crate) async fn handle(runner: &Runner, event: LambdaEvent<SqsEvent>) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for message in event.payload.records {
        let received = received(runner, &message);
        if let Err(error) = handle_message(runner, &event.context, &message, &received).await {
            tracing::error!(
                event = "message_returned",
                reason = reason(&error),
                error = format!("{error:#}"),
                message_id = ?message.message_id,
                "the message is made visible again"
            );
            let delay = delay(runner.settings.lease, receive_count(&message), &error);
            make_visible(&event.context, &received, delay).await;
            response.add_failure(message.message_id.unwrap_or_default());
        }
    }
    response
}

async fn handle_message(
    runner: &Runner,
    context: &Context,
    message: &SqsMessage,
    received: &ReceivedMessage,
) -> anyhow::Result<()> {
    let job = Job::parse(message.body.as_deref().unwrap_or_default())?;
    let delivery = Delivery {
        job: &job,
        message: Some(received),
        receives: receive_count(message),
        invocation: &context.request_id,
        ends_at: context.deadline(),
    };
    Ok(runner.run(&delivery).await?)
}

/// Makes a message visible again after `delay`, counted from now.
///
/// The visibility timeout of the queue is as long as a worker may live, so without this a failure would delay the run
/// by that. When the queue fails as well, the request is repeated, because nothing else makes the message visible soon.
async fn make_visible(context: &Context, received: &ReceivedMessage, delay: Duration) {
    let failed = Instant::now();
    let make_visible = || {
        let left = delay.saturating_sub(failed.elapsed());
        received.change_visibility(left.max(FIRST_DELAY))
    };
    let pauses = ExponentialBuilder::new()
        .with_max_delay(FIRST_DELAY)
        .without_max_times()
        .with_jitter();
    let unavailable = |error: &QueueError| matches!(error, QueueError::Unavailable(_));
    let changed = timeout(
        requeue_timeout(context),
        make_visible.retry(pauses).when(unavailable),
    );
    let error = match changed.await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(elapsed) => elapsed.to_string(),
    };
    tracing::warn!(
        event = "visibility_change_failed",
        error,
        "the visibility of the message was not changed"
    );
}

/// Kind of a failure for the log.
fn reason(error: &anyhow::Error) -> &'static str {
    error
        .downcast_ref()
        .map_or("job_unreadable", AttemptError::reason)
}

/// Delay until a message that failed is delivered again. A message whose run may be leased still waits for the end of
/// that lease. Any other delay doubles with each delivery, because an outage of a table must not use up the receives
/// that the queue allows.
fn delay(lease: Duration, receive_count: u32, error: &anyhow::Error) -> Duration {
    if error
        .downcast_ref()
        .is_some_and(AttemptError::may_be_leased)
    {
        return lease + FIRST_DELAY;
    }
    let doubled = 1 << receive_count.saturating_sub(1).min(8);
    (FIRST_DELAY * doubled).min(lease).max(FIRST_DELAY)
}

/// Time for which the queue is asked: as long as this invocation may last, at most [`REQUEUE_TIMEOUT`].
fn requeue_timeout(context: &Context) -> Duration {
    let left = context.deadline().duration_since(SystemTime::now());
    left.unwrap_or_default()
        .saturating_sub(RESPONSE_MARGIN)
        .min(REQUEUE_TIMEOUT)
}

fn received(runner: &Runner, message: &SqsMessage) -> ReceivedMessage {
    let receipt = message.receipt_handle.as_deref().unwrap_or_default();
    ReceivedMessage::new(runner.queue.clone(), receipt)
}

#[cfg(test)]
mod tests {
    use longwire_store::error::StoreError;
    use longwire_stream::sink::Stopped;

    use super::*;

    #[test]
    fn a_message_that_fails_again_is_delayed_longer_but_within_a_lease() {
        let lease = Duration::from_secs(45);
        let failed = anyhow::anyhow!("the table failed");
        let seconds = |count| delay(lease, count, &failed).as_secs();
        assert_eq!(
            [1, 2, 3, 4, 5, 10, u32::MAX].map(seconds),
            [5, 10, 20, 40, 45, 45, 45]
        );
        assert_eq!(delay(Duration::from_secs(4), 3, &failed), FIRST_DELAY);
    }

    #[test]
    fn a_message_whose_run_may_be_leased_waits_for_the_end_of_the_lease() {
        let unavailable = StoreError::Unavailable("no answer".to_owned());
        let failures = [
            (AttemptError::NotOwner, "not_owner"),
            (AttemptError::LeaseExpired(unavailable), "lease_expired"),
            (AttemptError::EndNotStored, "end_not_stored"),
            (AttemptError::NotHandedOver, "not_handed_over"),
            (AttemptError::StreamStopped(Stopped), "stream_stopped"),
        ];
        for (failure, name) in failures {
            let error = failure.into();
            assert_eq!(reason(&error), name);
            assert_eq!(
                delay(Duration::from_secs(45), 3, &error),
                Duration::from_secs(50)
            );
        }
    }

    #[test]
    fn a_failure_without_a_lease_and_an_unreadable_job_are_named_in_the_log() {
        let failed = AttemptError::from(anyhow::anyhow!("the table failed"));
        assert_eq!(reason(&failed.into()), "failed");
        let unreadable = Job::parse("{}").expect_err("no job");
        assert_eq!(reason(&unreadable.into()), "job_unreadable");
    }
}
