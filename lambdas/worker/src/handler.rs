//! From a batch to a message to a job.

use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use backon::{ExponentialBuilder, Retryable};
use lambda_runtime::{Context, LambdaEvent};
use longwire_core::job::Job;
use longwire_queue::QueueError;
use tokio::time::{Instant, timeout};

use longwire_runner::delivery::{Delivery, deliver};
use longwire_runner::deps::Deps;
use longwire_runner::running::Lost;

/// How soon a message that failed before anything was done comes back.
const SOON: Duration = Duration::from_secs(5);

/// How long a queue that fails is asked to take a message back.
const PATIENCE: Duration = Duration::from_secs(300);

/// What an invocation keeps for its answer.
const MARGIN: Duration = Duration::from_secs(2);

/// Handles a batch of one. What fails here is what another delivery can cure: everything else ended its
/// run with an error for its client, and is a success.
pub(crate) async fn handle(deps: &Deps, event: LambdaEvent<SqsEvent>) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for message in event.payload.records {
        if let Err(error) = handle_message(deps, &event.context, &message).await {
            tracing::error!(error = format!("{error:#}"), message_id = ?message.message_id, "the message is given back");
            give_back(deps, &event.context, &message, &error).await;
            response.add_failure(message.message_id.unwrap_or_default());
        }
    }
    response
}

async fn handle_message(
    deps: &Deps,
    context: &Context,
    message: &SqsMessage,
) -> anyhow::Result<()> {
    let job = Job::parse(message.body.as_deref().unwrap_or_default())?;
    let invocation = &context.request_id;
    let delivery = Delivery {
        job: &job,
        receipt: receipt(message),
        invocation,
        deadline: context.deadline(),
    };
    deliver(deps, delivery).await
}

/// The queue's own visibility is as long as a worker may live: without this a failure would cost that. When the
/// queue fails as well this goes on trying, because nothing else brings the message back soon.
async fn give_back(deps: &Deps, context: &Context, message: &SqsMessage, error: &anyhow::Error) {
    let failed = Instant::now();
    let pause = pause(deps.settings.lease, receives(message), error.is::<Lost>());
    let give = || {
        let left = pause.saturating_sub(failed.elapsed());
        deps.queue
            .change_visibility(receipt(message), left.max(SOON))
    };
    let pauses = ExponentialBuilder::new()
        .with_max_delay(SOON)
        .without_max_times()
        .with_jitter();
    let outage = |error: &QueueError| matches!(error, QueueError::Unavailable(_));
    let given = timeout(patience(context), give.retry(pauses).when(outage)).await;
    if let Err(fault) = given.unwrap_or_else(|late| Err(QueueError::Unavailable(late.to_string())))
    {
        tracing::warn!(%fault, "the message's visibility could not be changed");
    }
}

/// When a message comes back. One whose worker lost its run waits for the lease that another may have. Any other
/// comes soon, and later each time: an outage of the store must not use up the receives the queue allows.
fn pause(lease: Duration, receives: u32, lost: bool) -> Duration {
    if lost {
        return lease + SOON;
    }
    let doubled = 1 << receives.saturating_sub(1).min(8);
    (SOON * doubled).min(lease).max(SOON)
}

/// How long the queue is asked: for as long as this invocation may live, and five minutes at most.
fn patience(context: &Context) -> Duration {
    let left = context.deadline().duration_since(SystemTime::now());
    left.unwrap_or_default()
        .saturating_sub(MARGIN)
        .min(PATIENCE)
}

/// How often the message was received, this time included.
fn receives(message: &SqsMessage) -> u32 {
    let count = message.attributes.get("ApproximateReceiveCount");
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}

fn receipt(message: &SqsMessage) -> &str {
    message.receipt_handle.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_fails_again_comes_back_later_but_within_a_lease() {
        let lease = Duration::from_secs(45);
        let seconds = |receives| pause(lease, receives, false).as_secs();
        assert_eq!(
            [1, 2, 3, 4, 5, 10, u32::MAX].map(seconds),
            [5, 10, 20, 40, 45, 45, 45]
        );
        assert_eq!(pause(lease, 3, true), Duration::from_secs(50));
        assert_eq!(pause(Duration::from_secs(4), 3, false), SOON);
    }
}
