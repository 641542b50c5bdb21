//! From a batch to a message to a job.

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_runtime::{Context, LambdaEvent};
use shared::job::Job;

use crate::delivery::{Delivery, deliver};
use crate::deps::Deps;
use crate::running::Lost;

/// How soon a message that failed before anything was done comes back.
const SOON: Duration = Duration::from_secs(5);

/// Handles a batch of one. What fails here is what another delivery can cure: everything else ended its
/// run with an error for its client, and is a success.
pub(crate) async fn handle(deps: &Deps, event: LambdaEvent<SqsEvent>) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for message in event.payload.records {
        if let Err(error) = handle_message(deps, &event.context, &message).await {
            tracing::error!(error = format!("{error:#}"), message_id = ?message.message_id, "the message is given back");
            give_back(deps, &message, &error).await;
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

/// The queue's own visibility is as long as a worker may live: without this a failure would cost that.
async fn give_back(deps: &Deps, message: &SqsMessage, error: &anyhow::Error) {
    let pause = if error.is::<Lost>() {
        deps.settings.lease + SOON
    } else {
        SOON
    };
    if let Err(fault) = deps.queue.keep_invisible(receipt(message), pause).await {
        tracing::warn!(%fault, "the message's visibility could not be changed");
    }
}

fn receipt(message: &SqsMessage) -> &str {
    message.receipt_handle.as_deref().unwrap_or_default()
}
