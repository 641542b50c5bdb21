//! The loop: call the model, run its tools, call it again.

use std::time::Duration;

use longwire_core::message::{Message, open_calls};
use longwire_core::run::CancelReason;
use tokio::time::Instant;

use crate::approvals;
use crate::client_tools::cancel_calls;
use crate::ctx::Ctx;
use crate::error::AgentError;
use crate::outcome::{Exit, Outcome, Stop};
use crate::reply::Reply;
use crate::tool_calls::{ToolCalls, refuse_calls};
use crate::transcript::Transcript;
use crate::turn::turn;
use crate::view::View;

/// Answers the last message of `conversation`, starting with step `first_step`: 1, or the first step that no
/// earlier worker finished. When the last message is the run's own and marked `calling`, the model call of that
/// step was made before, and only its tool calls remain. When that message is the first of the run, approved calls of an earlier
/// run are made first. New messages are appended to `conversation`.
///
/// A worker completes at least one step, so that every hand-over brings the run closer to its end.
///
/// # Errors
///
/// Fails when the model fails for good, or when the receiver of the events or steps is gone.
pub async fn run(
    ctx: &Ctx<'_>,
    conversation: &mut Vec<Message>,
    first_step: u32,
) -> Result<Exit, AgentError> {
    let mut view = View::new(ctx, conversation);
    let mut transcript = Transcript::new(conversation, ctx);
    if let Some(outcome) = approvals::begin(ctx, &mut transcript).await? {
        return Ok(transcript.end(outcome, None));
    }
    let mut longest = Duration::ZERO;
    // Calls that were started get their results even if the limit is lower than it was then.
    let last_step = if transcript.is_calling() {
        ctx.limits.max_steps.max(first_step)
    } else {
        ctx.limits.max_steps
    };
    for number in first_step..=last_step {
        let started = Instant::now();
        let outcome = step(ctx, &mut view, &mut transcript, number).await?;
        let outcome = outcome.or_else(|| ctx.cancelled().map(Outcome::Cancelled));
        // The user's texts go to the model, although it has ended its turn.
        let goes_on = |outcome: &Outcome| outcome.takes_texts() && transcript.misses_texts(ctx);
        if let Some(outcome) = outcome.filter(|outcome| !goes_on(outcome)) {
            return Ok(transcript.end(outcome, view.unstored_frame()));
        }
        if number >= ctx.limits.max_steps {
            break;
        }
        transcript.store(ctx, view.unstored_frame()).await?;
        if let Some(reason) = ctx.cancelled() {
            return Ok(transcript.end(Outcome::Cancelled(reason), None));
        }
        longest = longest.max(started.elapsed());
        if Instant::now() + longest > ctx.hand_over_at {
            return Ok(Exit::HandOver);
        }
    }
    Ok(transcript.end(Outcome::OutOfSteps, None))
}

/// Makes one step: a model call and the tool calls that it asks for. Returns an outcome when the run ends with it.
async fn step(
    ctx: &Ctx<'_>,
    view: &mut View,
    transcript: &mut Transcript<'_>,
    number: u32,
) -> Result<Option<Outcome>, AgentError> {
    if let Some(message) = transcript.take_calling() {
        let calls = ToolCalls::started_before(ctx, &message);
        return Ok(make_calls(ctx, transcript, calls, &message).await);
    }
    transcript.take_texts(ctx).await?;
    let Some(reply) = turn(ctx, view, number, transcript.messages()).await? else {
        return Ok(Some(Outcome::Cancelled(CancelReason::Budget)));
    };
    let outcome = match reply.stop {
        Stop::ToolUse => return run_tools(ctx, view, transcript, reply).await,
        Stop::EndTurn => Outcome::Answered,
        Stop::MaxTokens => Outcome::Truncated,
        Stop::Filtered | Stop::Refused => Outcome::Refused,
        Stop::Cancelled(reason) => Outcome::Cancelled(reason),
    };
    let results = refuse_calls(ctx, &reply.message, outcome).await;
    ctx.emit(reply.step_finished).await;
    transcript.extend([reply.message].into_iter().chain(results));
    Ok(Some(outcome))
}

/// Runs the tools of a reply. A message with calls that must not be repeated is stored before they start. Returns an outcome
/// when some of the calls are left open, for the client or for an approval.
async fn run_tools(
    ctx: &Ctx<'_>,
    view: &mut View,
    transcript: &mut Transcript<'_>,
    reply: Reply,
) -> Result<Option<Outcome>, AgentError> {
    ctx.emit(reply.step_finished).await;
    let calls = ToolCalls::new(ctx, &reply.message);
    if calls.any_unrepeatable() {
        let frame = view.unstored_frame();
        transcript.store_calling(ctx, &reply.message, frame).await?;
    }
    Ok(make_calls(ctx, transcript, calls, &reply.message).await)
}

/// Makes the calls of a message and appends it with their results.
async fn make_calls(
    ctx: &Ctx<'_>,
    transcript: &mut Transcript<'_>,
    calls: ToolCalls<'_>,
    message: &Message,
) -> Option<Outcome> {
    let any_open = calls.any_open();
    let results = calls.run(ctx).await;
    let cancelled = ctx.cancelled().is_some();
    transcript.extend([message.clone()].into_iter().chain(results));
    if !any_open {
        return None;
    }
    if cancelled {
        let open = open_calls(transcript.messages());
        let closed = cancel_calls(&ctx.events, &ctx.run_id, &open).await;
        transcript.extend(closed);
        return None;
    }
    Some(Outcome::NeedsAnswers)
}
