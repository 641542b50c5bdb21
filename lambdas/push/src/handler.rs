//! From an invocation to its requests.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsMessage};
use lambda_runtime::{Context, LambdaEvent};
use longwire_protocol::response::push::frame;
use longwire_store::event_key::EventKey;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::time::{Duration, Instant};

use crate::delivery::Delivery;
use crate::deps::Deps;
use crate::envelope::{self, Invocation};
use crate::request::{BadRequest, Request};
use crate::response::{Failure, Response};

/// Time that an invocation keeps for what follows its last post.
const MARGIN: Duration = Duration::from_secs(8);

/// Result of an invocation.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    /// To a service.
    Response(Response),
    /// To the queue: the messages that are delivered again.
    Batch(SqsBatchResponse),
}

/// Carries out the requests of an invocation. Fails for a request that is invalid or incomplete; EventBridge and SNS then
/// invoke the function again. Messages of the queue fail one by one.
pub(crate) async fn handle(
    deps: &Deps,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Answer, Failure> {
    let ends = last_post(&event.context);
    match Invocation::read(event.payload).map_err(refused)? {
        Invocation::Request(request) => {
            let response = push(deps, &request, ends).await?;
            Ok(Answer::Response(response))
        }
        Invocation::Messages(messages) => {
            let mut batch = SqsBatchResponse::default();
            for message in messages {
                if push_message(deps, &message, ends).await.is_err() {
                    batch.add_failure(message.message_id.unwrap_or_default());
                }
            }
            Ok(Answer::Batch(batch))
        }
    }
}

async fn push_message(deps: &Deps, message: &SqsMessage, ends: Instant) -> Result<(), Failure> {
    let request = envelope::of_message(message).map_err(refused)?;
    push(deps, &request, ends).await.map(drop)
}

/// Delivers one event.
async fn push(deps: &Deps, request: &RawValue, ends: Instant) -> Result<Response, Failure> {
    let request = Request::read(request).map_err(refused)?;
    let frame = frame(&request.event).map_err(|error| refused(error.into()))?;
    let delivery = Delivery {
        deps,
        event: EventKey::of(&request.event),
        frame,
        ends,
    };
    let outcome = delivery.deliver(&request.target).await.inspect_err(|error| {
        tracing::error!(event = "push_failed", %error, "a table failed, and the event is delivered again");
    })?;
    let id = request.event.id().to_owned();
    outcome.response(id)
}

/// Logs a request that is refused.
fn refused(error: BadRequest) -> Failure {
    tracing::warn!(event = "push_refused", %error, "a request of a service was refused");
    error.into()
}

/// Time of the last post of an invocation.
fn last_post(context: &Context) -> Instant {
    let left = context.deadline().elapsed();
    let left = left.map_or_else(|early| early.duration(), |_| Duration::ZERO);
    Instant::now() + left.saturating_sub(MARGIN)
}
