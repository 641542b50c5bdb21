//! From an invocation to its requests.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsMessage};
use futures::{StreamExt as _, stream};
use lambda_runtime::{Context, LambdaEvent};
use longwire_core::cloud_event::CloudEvent;
use longwire_core::event_run::EventRun;
use longwire_protocol::response::push::{check, frame};
use longwire_store::error::StoreError;
use longwire_store::event_key::EventKey;
use longwire_store::users::inbox::NewPush;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::time::{Duration, Instant, timeout_at};

use crate::bad_request::BadRequest;
use crate::broadcast;
use crate::delivery::{Delivery, Outcome};
use crate::deps::Deps;
use crate::drain;
use crate::envelope::{self, Invocation, Way};
use crate::prompt;
use crate::request::{Durable, Request, Target};
use crate::response::{Failure, Response};

/// Most messages that are handled at the same time. One with a slow connection does not hold up the others.
const CONCURRENCY: usize = 4;

/// Time that an invocation keeps for what follows its last post.
const MARGIN: Duration = Duration::from_secs(8);

/// Time that an invocation keeps for its answer, so that a message that was not handled in time does not repeat the others.
const ANSWER: Duration = Duration::from_secs(2);

/// Times of an invocation.
#[derive(Clone, Copy)]
struct Times {
    /// Time after which no post begins.
    last_post: Instant,
    /// Time at which a request that was not carried out fails.
    end: Instant,
}

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
    let times = Times::of(&event.context);
    let invocation = Invocation::read(event.payload).map_err(Failure::from);
    match invocation.inspect_err(Failure::log)? {
        Invocation::Request(request, way) => {
            let response = async { push(deps, &Request::read(&request)?, &way, times).await };
            Ok(Answer::Response(response.await.inspect_err(Failure::log)?))
        }
        Invocation::Messages(messages) => {
            let handled = stream::iter(messages).map(async |message| {
                let result = push_message(deps, &message, times).await;
                let failed = result.inspect_err(Failure::log).is_err();
                failed.then(|| message.message_id.unwrap_or_default())
            });
            let failed: Vec<_> = handled.buffer_unordered(CONCURRENCY).collect().await;
            let mut batch = SqsBatchResponse::default();
            for id in failed.into_iter().flatten() {
                batch.add_failure(id);
            }
            Ok(Answer::Batch(batch))
        }
    }
}

async fn push_message(deps: &Deps, message: &SqsMessage, times: Times) -> Result<(), Failure> {
    let request = envelope::of_message(message)?;
    if let Some(job) = drain::job(&request)? {
        let drain = Box::pin(drain::drain(deps, &job, times.last_post));
        return times.limit(drain).await;
    }
    let request = match broadcast::job(&request)? {
        Some(job) => broadcast::request(&job)?,
        None => Request::read(&request)?,
    };
    push(deps, &request, &Way::Other, times).await.map(drop)
}

/// Starts the run of an event, if it asks for one, and delivers the event: at once or, to a room with many members, by room
/// jobs. An event that starts no run because of a limit is delivered all the same.
async fn push(
    deps: &Deps,
    request: &Request,
    way: &Way,
    times: Times,
) -> Result<Response, Failure> {
    check(&request.event).map_err(BadRequest::from)?;
    check_user(deps, request)?;
    if let Target::Room(members) = &request.target {
        let sent = Box::pin(broadcast::send(deps, members, &request.event));
        if let Some(response) = times.limit(sent).await? {
            return Ok(response);
        }
    }
    let run = match &request.prompt {
        Some(prompt) => {
            may_prompt(deps, way)?;
            // On the heap, because the futures of several messages stand side by side.
            let start = Box::pin(prompt::start(deps, prompt, &request.event));
            match times.limit(start).await {
                // Delivered now, the event would not name the run that a repetition starts.
                Err(failure) if !failure.is_limit() => return Err(failure),
                run => Some(run),
            }
        }
        None => None,
    };
    let started = run.as_ref().and_then(|run| run.as_ref().ok());
    let delivered = Box::pin(deliver(deps, request, started, times.last_post));
    let (outcome, stored) = times.limit(async { Ok(delivered.await?) }).await?;
    outcome.response(request.event.id().to_owned(), stored, run.transpose()?)
}

/// Refuses to keep an event, or to start a run, for the shared user of another mode.
fn check_user(deps: &Deps, request: &Request) -> Result<(), Failure> {
    let of_prompt = request.prompt.as_ref().map(|prompt| &prompt.user);
    let of_inbox = request.durable.as_ref().map(|durable| &durable.user);
    let mut users = of_prompt.into_iter().chain(of_inbox);
    let admitted = users.all(|user| deps.settings.auth.admits(user));
    admitted.then_some(()).ok_or(Failure::SharedUser)
}

/// Refuses a prompt that came on a way on which anybody who may send events could spend the budget of every user.
fn may_prompt(deps: &Deps, way: &Way) -> Result<(), Failure> {
    let may = match way {
        Way::Invocation => true,
        Way::Rule(source) => deps.settings.prompt_sources.contain(source),
        Way::Other => false,
    };
    may.then_some(()).ok_or(Failure::PromptWay)
}

/// Keeps an event if it is durable, and delivers it to the connections that are open.
async fn deliver(
    deps: &Deps,
    request: &Request,
    run: Option<&EventRun>,
    ends: Instant,
) -> Result<(Outcome, usize), StoreError> {
    let event = &request.event;
    let seq = match &request.durable {
        Some(durable) => Some(keep(deps, durable, event, run).await?),
        None => None,
    };
    let delivery = Delivery {
        deps,
        event: EventKey::of(event),
        frame: frame(event.id(), seq, run, event.json()),
        ends,
    };
    let outcome = delivery.deliver(&request.target).await?;
    Ok((outcome, usize::from(seq.is_some())))
}

async fn keep(
    deps: &Deps,
    durable: &Durable,
    event: &CloudEvent,
    run: Option<&EventRun>,
) -> Result<u64, StoreError> {
    let now = deps.clock.unix_seconds();
    let push = NewPush {
        user: &durable.user,
        event,
        run,
        collapse_key: durable.collapse_key.as_deref(),
        now,
        until: now + durable.keep,
    };
    deps.users.keep(push).await
}

impl Times {
    fn of(context: &Context) -> Self {
        let left = context.deadline().elapsed();
        let left = left.map_or_else(|early| early.duration(), |_| Duration::ZERO);
        Self {
            last_post: Instant::now() + left.saturating_sub(MARGIN),
            end: Instant::now() + left.saturating_sub(ANSWER),
        }
    }

    /// Limits the time of a request. One that would begin after the last post does not begin.
    async fn limit<T>(self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        if Instant::now() >= self.last_post {
            return Err(Failure::OutOfTime);
        }
        let result = timeout_at(self.end, work).await;
        result.unwrap_or(Err(Failure::OutOfTime))
    }
}
