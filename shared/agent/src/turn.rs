//! One model call, retried while nothing of its reply was sent.

use std::time::Duration;

use futures::StreamExt;
use longwire_core::backoff::FullJitter;
use longwire_core::message::Message;
use longwire_protocol::event::Event;
use longwire_protocol::numbered::Annotations;

use crate::accumulator::ReplyAccumulator;
use crate::context_window;
use crate::ctx::Ctx;
use crate::error::AgentError;
use crate::model::{ModelError, ModelErrorKind, Request};
use crate::outcome::Stop;
use crate::reply::Reply;

/// Longest pause between two tries; the default four tries stay below it.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// Makes one model call and emits its reply as it arrives. A failed call is retried only while nothing of the
/// reply was sent, because the client would otherwise receive its beginning twice.
pub(super) async fn turn(
    ctx: &Ctx<'_>,
    step: u32,
    conversation: &[Message],
) -> Result<Reply, AgentError> {
    let step_name = format!("turn-{step}");
    ctx.emit(Event::StepStarted {
        step_name: step_name.clone(),
    })
    .await;
    let request = request(ctx, conversation);
    let mut pauses = FullJitter::new(ctx.limits.backoff, MAX_PAUSE);
    let mut tries = 1;
    loop {
        let mut reply = ReplyAccumulator::new(ctx.run_id.clone(), ctx.reasoning);
        let error = match receive(ctx, &request, &mut reply).await {
            Ok(stop) => return Ok(close(ctx, reply, stop, step_name).await),
            Err(error) => error,
        };
        if !error.kind.retryable() || reply.has_output() || tries >= ctx.limits.model_tries {
            // Models have nothing to add to results at times.
            let after_results = conversation
                .last()
                .is_some_and(|last| !last.is_plain_user());
            if error.kind == ModelErrorKind::Unusable && after_results && reply.is_empty() {
                return Ok(close(ctx, reply, Stop::EndTurn, step_name).await);
            }
            return Err(error.into());
        }
        tracing::warn!(
            event = "model_call_retried",
            error = %error,
            tries,
            "a model call is retried"
        );
        tries += 1;
        tokio::select! {
            () = tokio::time::sleep(pauses.next_pause()) => {}
            reason = ctx.cancellation() => {
                let empty = ReplyAccumulator::new(ctx.run_id.clone(), ctx.reasoning);
                return Ok(close(ctx, empty, Stop::Cancelled(reason), step_name).await);
            }
        }
    }
}

fn request(ctx: &Ctx<'_>, conversation: &[Message]) -> Request {
    Request {
        system: ctx.system.clone(),
        turns: context_window::turns(conversation, ctx.limits.window),
        tools: ctx.tools.specs(),
        max_tokens: ctx.limits.max_tokens,
        reasoning: ctx.reasoning,
        run_id: ctx.run_id.clone(),
        thread_id: ctx.thread_id.clone(),
    }
}

/// Receives one reply. The stream is dropped on return, which stops the model.
async fn receive(
    ctx: &Ctx<'_>,
    request: &Request,
    reply: &mut ReplyAccumulator,
) -> Result<Stop, ModelError> {
    let cancellation = ctx.cancellation();
    tokio::pin!(cancellation);
    let call = async {
        ctx.valid_lease().await;
        ctx.model.stream(request.clone()).await
    };
    let mut deltas = tokio::select! {
        biased;
        reason = &mut cancellation => return Ok(Stop::Cancelled(reason)),
        deltas = call => deltas?,
    };
    loop {
        let delta = tokio::select! {
            biased;
            reason = &mut cancellation => return Ok(Stop::Cancelled(reason)),
            delta = deltas.next() => delta,
        };
        let Some(delta) = delta else {
            return reply.stop();
        };
        for draft in reply.add(delta?) {
            ctx.emit(draft).await;
        }
    }
}

/// Closes the open blocks for the client. The loop finishes the step, after the results of its calls if none is
/// run.
async fn close(ctx: &Ctx<'_>, reply: ReplyAccumulator, stop: Stop, step_name: String) -> Reply {
    let cancelled = matches!(stop, Stop::Cancelled(_));
    let reason = reply.stop_reason().filter(|_| !cancelled);
    let annotations = Annotations {
        stop_reason: reason.map(|reason| reason.name().to_owned()),
        usage: reply.usage(),
        latency_ms: reply.latency_ms(),
        ..Annotations::default()
    };
    let (drafts, mut message) = reply.finish();
    for draft in drafts {
        ctx.emit(draft).await;
    }
    message.cancelled = cancelled;
    message.filtered = matches!(stop, Stop::Filtered);
    Reply {
        message,
        stop,
        step_finished: Event::StepFinished { step_name }.annotated(annotations),
    }
}
