//! One model call, made again as long as nothing of it was shown.

use std::time::Duration;

use futures::StreamExt;
use rand::RngExt;

use crate::accumulator::ReplyAccumulator;
use crate::context_window;
use crate::ctx::Ctx;
use crate::model::{ModelError, ModelErrorKind, Request};
use crate::reply::{Failure, Reply, Stop};
use longwire_core::message::Message;
use longwire_protocol::event::Event;
use longwire_protocol::numbered::Annotations;

/// Makes one model call and streams its answer into the run's lines. A failed call is made again, as long
/// as nothing of its answer was shown: a client would otherwise read the beginning twice.
pub(super) async fn turn(
    ctx: &Ctx<'_>,
    step: u32,
    conversation: &[Message],
) -> Result<Reply, Failure> {
    let step_name = format!("turn-{step}");
    ctx.tell(Event::StepStarted {
        step_name: step_name.clone(),
    })
    .await;
    let request = request(ctx, conversation);
    let mut tries = 1;
    loop {
        let mut assembly = ReplyAccumulator::new(ctx.run_id.clone(), ctx.reasoning);
        match answer(ctx, &request, &mut assembly).await {
            Ok(stop) => return Ok(close(ctx, assembly, stop, step_name).await),
            Err(error)
                if error.kind.retryable() && !assembly.shown() && tries < ctx.limits.attempts =>
            {
                tracing::warn!(%error, tries, "the model call is made again");
            }
            Err(error) => return Err(error.into()),
        }
        let pause = full_jitter(ctx.limits.backoff * 2_u32.saturating_pow(tries - 1));
        tries += 1;
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            reason = ctx.stop_asked() => {
                let nothing = ReplyAccumulator::new(ctx.run_id.clone(), ctx.reasoning);
                return Ok(close(ctx, nothing, Stop::Asked(reason), step_name).await);
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
        run_id: ctx.run_id.clone(),
        thread_id: ctx.thread_id.clone(),
    }
}

fn full_jitter(most: Duration) -> Duration {
    most.mul_f64(rand::rng().random())
}

/// Streams one answer. The stream is dropped when this returns, which stops the model.
async fn answer(
    ctx: &Ctx<'_>,
    request: &Request,
    assembly: &mut ReplyAccumulator,
) -> Result<Stop, ModelError> {
    let stopped = ctx.stop_asked();
    tokio::pin!(stopped);
    let opened = async {
        ctx.lease_held().await;
        ctx.model.stream(request.clone()).await
    };
    let mut deltas = tokio::select! {
        biased;
        reason = &mut stopped => return Ok(Stop::Asked(reason)),
        deltas = opened => deltas?,
    };
    loop {
        let delta = tokio::select! {
            biased;
            reason = &mut stopped => return Ok(Stop::Asked(reason)),
            delta = deltas.next() => delta,
        };
        match delta {
            Some(delta) => {
                for draft in assembly.take(delta?) {
                    ctx.tell(draft).await;
                }
            }
            None => return ended(assembly),
        }
    }
}

/// A stream that ends without the model's word for why is a broken one.
fn ended(assembly: &mut ReplyAccumulator) -> Result<Stop, ModelError> {
    assembly
        .stop_reason()
        .map(Stop::Model)
        .ok_or_else(|| ModelError {
            kind: ModelErrorKind::Stream,
            detail: "the stream ended without messageStop".to_owned(),
        })
}

/// Closes what is open. The step itself is finished by the loop, when its unanswered calls are settled.
async fn close(ctx: &Ctx<'_>, assembly: ReplyAccumulator, stop: Stop, step_name: String) -> Reply {
    let mut annotations = Annotations {
        usage: assembly.usage(),
        latency_ms: assembly.latency_ms(),
        ..Annotations::default()
    };
    if let Stop::Model(reason) = &stop {
        annotations.stop_reason = Some(reason.name().to_owned());
    }
    let (drafts, mut message) = assembly.finish();
    for draft in drafts {
        ctx.tell(draft).await;
    }
    message.cancelled = matches!(stop, Stop::Asked(_));
    Reply {
        message,
        stop,
        finished: Event::StepFinished { step_name }.annotated(annotations),
    }
}
