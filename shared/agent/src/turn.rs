//! One model call, repeated while nothing of its reply was sent.

use std::time::Duration;

use futures::StreamExt;
use longwire_core::message::{Message, Usage};
use longwire_core::run::CancelReason;
use longwire_protocol::event::Event;
use longwire_protocol::numbered::Annotations;

use crate::accumulator::ReplyAccumulator;
use crate::budget::{ModelCall, ReserveError};
use crate::ctx::Ctx;
use crate::error::AgentError;
use crate::model::{ModelError, ModelErrorKind, Request};
use crate::outcome::Stop;
use crate::reply::Reply;
use crate::retries::Tries;
use crate::usage;
use crate::view::View;

/// One model call.
struct Turn<'t, 'c> {
    ctx: &'t Ctx<'c>,
    step: u32,
    step_name: String,
    request: Request,
    /// Number of the first message that the request shows.
    shown_from: u64,
    /// Tokens of replies that could not be used.
    spent: Option<Usage>,
}

/// Makes one model call and emits its reply as it arrives; `None` when the user's budget does not allow it. A failed call is
/// repeated only while nothing of the reply was sent, because the client would otherwise receive its beginning twice. A
/// request that the model refuses is made again with less of the conversation.
pub(super) async fn turn(
    ctx: &Ctx<'_>,
    view: &mut View,
    step: u32,
    conversation: &[Message],
) -> Result<Option<Reply>, AgentError> {
    view.begin_call();
    let request = view.request(ctx, conversation);
    if !reserve(ctx, ModelCall::of(step, &request, None)).await? {
        return Ok(None);
    }
    let step_name = format!("turn-{step}");
    ctx.emit(Event::StepStarted {
        step_name: step_name.clone(),
    })
    .await;
    let mut turn = Turn {
        ctx,
        step,
        step_name,
        request,
        shown_from: view.first_message(),
        spent: None,
    };
    let mut tries = Tries::new(ctx.limits.backoff);
    loop {
        let mut reply = ReplyAccumulator::new(ctx);
        let error = match turn.receive(&mut reply).await {
            Ok(stop) => return Ok(Some(turn.close(reply, stop).await)),
            Err(error) => error,
        };
        if reply.has_output() {
            return turn.fail(reply, error, conversation).await.map(Some);
        }
        if let Some(left_out) = view.reduce(error.kind, &turn.request, ctx, conversation) {
            tracing::warn!(event = "request_reduced", %error, left_out = left_out.name(), "the model refused a request");
            ctx.emit(Event::model_status(left_out.status())).await;
            turn.request = view.request(ctx, conversation);
            turn.shown_from = view.first_message();
            continue;
        }
        let Some(pause) = tries.next_pause(ctx, error.kind) else {
            return turn.fail(reply, error, conversation).await.map(Some);
        };
        turn.spent = turn.usage_of(&reply);
        tracing::warn!(event = "model_call_retried", %error, "a model call is retried");
        if let Some(reason) = turn.wait(&mut tries, pause).await? {
            let empty = ReplyAccumulator::new(ctx);
            return Ok(Some(turn.close(empty, Stop::Cancelled(reason)).await));
        }
    }
}

/// Reserves what the call may cost. Returns `false`, and tells the client why, when the user's budget does not allow it.
async fn reserve(ctx: &Ctx<'_>, call: ModelCall) -> Result<bool, AgentError> {
    let Some(reserve) = &ctx.reserve else {
        return Ok(true);
    };
    match reserve(call).await {
        Ok(()) => Ok(true),
        Err(ReserveError::OverBudget { text }) => {
            ctx.emit(Event::model_status(text)).await;
            Ok(false)
        }
        Err(ReserveError::NoPrice) => Err(AgentError::NoPrice),
        Err(ReserveError::Failed) => Err(AgentError::NotReserved),
    }
}

impl Turn<'_, '_> {
    /// Receives one reply. The stream is dropped on return, which closes it.
    async fn receive(&self, reply: &mut ReplyAccumulator) -> Result<Stop, ModelError> {
        let ctx = self.ctx;
        let cancellation = ctx.cancellation();
        tokio::pin!(cancellation);
        tokio::select! {
            biased;
            reason = &mut cancellation => return Ok(Stop::Cancelled(reason)),
            () = ctx.valid_lease() => {}
        }
        reply.begin();
        let mut deltas = tokio::select! {
            biased;
            reason = &mut cancellation => return Ok(Stop::Cancelled(reason)),
            deltas = ctx.model.stream(self.request.clone()) => {
                deltas.inspect_err(|_| reply.refuse())?
            }
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

    /// Ends the call with an error that is not tried again. Some models send an empty reply after tool results: their answer
    /// is complete.
    async fn fail(
        self,
        reply: ReplyAccumulator,
        error: ModelError,
        conversation: &[Message],
    ) -> Result<Reply, AgentError> {
        let last = conversation.last();
        let after_results = last.is_some_and(|last| !last.is_plain_user());
        if error.kind == ModelErrorKind::Unusable && after_results && reply.is_empty() {
            return Ok(self.close(reply, Stop::EndTurn).await);
        }
        let usage = self.usage_of(&reply);
        Err(AgentError::Model { error, usage })
    }

    /// Waits until the next try, and reserves what it may cost beyond the tries before it. Returns the reason for which there
    /// is none.
    async fn wait(
        &self,
        tries: &mut Tries,
        pause: Duration,
    ) -> Result<Option<CancelReason>, AgentError> {
        if let Some(reason) = tries.wait(self.ctx, pause).await {
            return Ok(Some(reason));
        }
        let call = ModelCall::of(self.step, &self.request, self.spent);
        let reserved = self.spent.is_none() || reserve(self.ctx, call).await?;
        Ok((!reserved).then_some(CancelReason::Budget))
    }

    /// Tokens of the call, with those of replies before it that could not be used; an estimate where none were reported.
    fn usage_of(&self, reply: &ReplyAccumulator) -> Option<Usage> {
        let estimate = |received| usage::estimate(&self.request, received);
        let usage = reply.usage().or_else(|| reply.received().map(estimate));
        sum(self.spent, usage)
    }

    /// Closes the open blocks for the client. The loop finishes the step, after the results of its calls if none is
    /// run.
    async fn close(self, reply: ReplyAccumulator, stop: Stop) -> Reply {
        let cancelled = matches!(stop, Stop::Cancelled(_));
        let reason = reply.stop_reason().filter(|_| !cancelled);
        let usage = self.usage_of(&reply);
        let annotations = Annotations {
            stop_reason: reason.map(|reason| reason.name().to_owned()),
            usage,
            latency_ms: reply.latency_ms(),
            ..Annotations::default()
        };
        let (drafts, message) = reply.finish();
        for draft in drafts {
            self.ctx.emit(draft).await;
        }
        let step_name = self.step_name;
        Reply {
            message: Message {
                cancelled,
                filtered: matches!(stop, Stop::Filtered),
                model: Some(self.ctx.model.id().to_owned()),
                shown_from: Some(self.shown_from),
                usage,
                ..message
            },
            stop,
            step_finished: Event::StepFinished { step_name }.annotated(annotations),
        }
    }
}

fn sum(one: Option<Usage>, other: Option<Usage>) -> Option<Usage> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one + other),
        (one, other) => one.or(other),
    }
}
