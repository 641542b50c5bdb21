//! From a batch to a message to the work for a connection.

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_runtime::{Context, LambdaEvent};
use longwire_core::connection_job::ConnectionJob;
use longwire_lambda::sqs::receive_count;
use longwire_queue::received::ReceivedMessage;

use crate::deps::Deps;
use crate::lease::{LEASE, make_visible};
use crate::session::Session;

/// Delay until a message that failed is delivered again.
const RETRY_DELAY: Duration = Duration::from_secs(5);

/// Handles a batch of one message. A message fails only when another delivery can succeed.
pub(crate) async fn handle(deps: &Deps, event: LambdaEvent<SqsEvent>) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for message in event.payload.records {
        if let Err(error) = handle_message(deps, &event.context, &message).await {
            tracing::error!(
                event = "message_returned",
                error = format!("{error:#}"),
                message_id = ?message.message_id,
                "the message is made visible again"
            );
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
    let receipt = message.receipt_handle.as_deref().unwrap_or_default();
    let received = ReceivedMessage::new(deps.queue.clone(), receipt);
    let job = match ConnectionJob::parse(message.body.as_deref().unwrap_or_default()) {
        Ok(job) => job,
        Err(error) => {
            make_visible(&received, RETRY_DELAY).await;
            return Err(error.into());
        }
    };
    let session = Session {
        deps,
        connection: &job.connection,
        message: &received,
        receives: receive_count(message),
        invocation: &context.request_id,
        ends_at: context.deadline(),
    };
    let result = session.run().await;
    if result.is_err() {
        // A message that finds a valid lease is taken for a duplicate, so it must not return before the lease ends.
        let delay = match session.abandon().await {
            Ok(()) => RETRY_DELAY,
            Err(_) => LEASE + RETRY_DELAY,
        };
        make_visible(&received, delay).await;
    }
    result
}
