//! From a batch to a message to a job.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_runtime::{Context, LambdaEvent};
use shared::job::Job;

use crate::delivery::{Delivery, deliver};
use crate::deps::Deps;

/// Handles a batch of one. What fails here is what another delivery can cure: everything else ended its
/// run with an error for its client, and is a success.
pub(crate) async fn handle(deps: &Deps, event: LambdaEvent<SqsEvent>) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for message in event.payload.records {
        if let Err(error) = handle_message(deps, &event.context, &message).await {
            tracing::error!(error = format!("{error:#}"), message_id = ?message.message_id, "the message is given back");
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
    let receipt = message.receipt_handle.as_deref().unwrap_or_default();
    let delivery = Delivery {
        job: &job,
        receipt,
        invocation: &context.request_id,
        deadline: context.deadline(),
    };
    deliver(deps, delivery).await
}
