//! The loop: ask, run tools, ask again.

use std::time::Duration;

use tokio::time::Instant;

use super::ctx::Ctx;
use super::reply::{Failure, Reply, Stop};
use super::said::Said;
use crate::message::Message;
use crate::model::StopReason;
use crate::wire::line::Reason;

/// How the loop leaves a run.
#[derive(Debug)]
pub enum Exit {
    /// The run is over.
    Ended(Finished),
    /// The run goes on in another worker, with its next step: this one's time is over. All that was said is in
    /// the [`Step`]s.
    HandOver,
}

/// How a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The model said all it had to say.
    Answered,
    /// The model was cut off: it may not write more, or the conversation is too long for it.
    CutShort,
    /// A guardrail or a filter stepped in, or the model wrote something unreadable.
    Refused,
    /// It took as many steps as it may.
    OutOfSteps,
    /// It was stopped.
    Stopped(Reason),
}

/// A run's end, and what of it is not stored yet.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub ending: Ending,
    /// Messages that no [`Step`] carried.
    pub messages: Vec<Message>,
}

/// Answers the last message of `conversation`, beginning with step `first` (1, or where a worker before
/// this one came to). When that message is the run's own and marked `calling`, the model was asked in that
/// step already and only its calls are left. Everything said is pushed onto `conversation`.
///
/// A worker that begins makes one step at least, so that a run that is handed over comes nearer to its end.
pub async fn run(
    ctx: &Ctx<'_>,
    conversation: &mut Vec<Message>,
    first: u32,
) -> Result<Exit, Failure> {
    let mut said = Said::new(conversation);
    let mut longest = Duration::ZERO;
    // Calls that were begun are answered, even when the run may take fewer steps by now.
    let last = match said.is_calling(ctx) {
        true => ctx.limits.max_steps.max(first),
        false => ctx.limits.max_steps,
    };
    for step in first..=last {
        let begun = Instant::now();
        let ending = said.step(ctx, step).await?;
        if let Some(ending) = ending.or_else(|| ctx.stopped().map(Ending::Stopped)) {
            return Ok(said.ended(ending));
        }
        if step >= ctx.limits.max_steps {
            break;
        }
        said.hand_on(ctx).await?;
        if let Some(reason) = ctx.stopped() {
            return Ok(said.ended(Ending::Stopped(reason)));
        }
        longest = longest.max(begun.elapsed());
        if Instant::now() + longest > ctx.until {
            return Ok(Exit::HandOver);
        }
    }
    Ok(said.ended(Ending::OutOfSteps))
}

/// What follows a model call.
pub(super) enum Next {
    /// The tools it wants.
    Tools,
    /// Nothing.
    End(Ending),
}

impl Next {
    pub(super) fn after(reply: &Reply) -> Self {
        let reason = match &reply.stop {
            Stop::Asked(reason) => return Self::End(Ending::Stopped(*reason)),
            Stop::Model(reason) => reason,
        };
        match reason {
            StopReason::ToolUse if reply.message.calls().next().is_some() => Self::Tools,
            StopReason::ToolUse | StopReason::EndTurn | StopReason::StopSequence => {
                Self::End(Ending::Answered)
            }
            StopReason::MaxTokens | StopReason::ModelContextWindowExceeded => {
                Self::End(Ending::CutShort)
            }
            StopReason::GuardrailIntervened
            | StopReason::ContentFiltered
            | StopReason::MalformedModelOutput
            | StopReason::MalformedToolUse
            | StopReason::Unknown(_) => Self::End(Ending::Refused),
        }
    }
}
