//! The loop: ask, run tools, ask again.

use std::time::Duration;

use tokio::time::Instant;

use super::calls::{run_tools, settle};
use super::ctx::{Ctx, Step};
use super::reply::{Failure, Reply, Stop};
use super::turn::turn;
use crate::message::{Message, Outcome};
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
/// this one came to). Everything said is pushed onto `conversation`.
///
/// A worker that begins makes one step at least, so that a run that is handed over comes nearer to its end.
pub async fn run(
    ctx: &Ctx<'_>,
    conversation: &mut Vec<Message>,
    first: u32,
) -> Result<Exit, Failure> {
    let mut said = Said::new(conversation);
    let mut longest = Duration::ZERO;
    for step in first..=ctx.limits.max_steps {
        let begun = Instant::now();
        let ending = said.step(ctx, step).await?;
        if let Some(ending) = ending.or_else(|| ctx.stopped().map(Ending::Stopped)) {
            return Ok(said.ended(ending));
        }
        if step == ctx.limits.max_steps {
            break;
        }
        said.hand_on(ctx).await?;
        longest = longest.max(begun.elapsed());
        if Instant::now() + longest > ctx.until {
            return Ok(Exit::HandOver);
        }
    }
    Ok(said.ended(Ending::OutOfSteps))
}

/// The conversation, and how much of it was handed on to be stored.
struct Said<'a> {
    conversation: &'a mut Vec<Message>,
    stored: usize,
}

impl<'a> Said<'a> {
    fn new(conversation: &'a mut Vec<Message>) -> Self {
        let stored = conversation.len();
        Self {
            conversation,
            stored,
        }
    }

    /// One model call, and the tools it wants. Says how the run ends, if the model ends it.
    async fn step(&mut self, ctx: &Ctx<'_>, step: u32) -> Result<Option<Ending>, Failure> {
        let reply = turn(ctx, step, self.conversation).await?;
        let next = Next::after(&reply);
        match &next {
            Next::Tools => {
                ctx.tell(reply.finished).await;
                let results = run_tools(ctx, &reply.message).await;
                self.conversation.extend([reply.message, results]);
                Ok(None)
            }
            Next::End(ending) => {
                let settled = settle(ctx, &reply.message, ending.of_calls()).await;
                ctx.tell(reply.finished).await;
                self.conversation.push(reply.message);
                self.conversation.extend(settled);
                Ok(Some(*ending))
            }
        }
    }

    /// Hands on what was said since the last time, to be stored.
    async fn hand_on(&mut self, ctx: &Ctx<'_>) -> Result<(), Failure> {
        let messages = self.conversation[self.stored..].to_vec();
        self.stored = self.conversation.len();
        let lines = ctx.lines.batch().await.map_err(|_| Failure::Abandoned)?;
        let step = Step { messages, lines };
        ctx.steps.send(step).await.map_err(|_| Failure::Abandoned)
    }

    fn ended(self, ending: Ending) -> Exit {
        Exit::Ended(Finished {
            ending,
            messages: self.conversation.split_off(self.stored),
        })
    }
}

impl Ending {
    /// What becomes of the calls of a step that ends the run: none of them is made.
    fn of_calls(self) -> Outcome {
        match self {
            Self::Stopped(_) => Outcome::Cancelled,
            Self::Answered | Self::CutShort | Self::Refused | Self::OutOfSteps => Outcome::Error,
        }
    }
}

/// What follows a model call.
enum Next {
    /// The tools it wants.
    Tools,
    /// Nothing.
    End(Ending),
}

impl Next {
    fn after(reply: &Reply) -> Self {
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
