//! The loop: ask, run tools, ask again.

use super::calls::{run_tools, settle};
use super::ctx::{Ctx, Step};
use super::reply::{Failure, Reply, Stop};
use super::turn::turn;
use crate::message::{Message, Outcome};
use crate::model::StopReason;
use crate::wire::line::Reason;

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
pub async fn run(
    ctx: &Ctx<'_>,
    conversation: &mut Vec<Message>,
    first: u32,
) -> Result<Finished, Failure> {
    let mut stored = conversation.len();
    for step in first..=ctx.limits.max_steps {
        let reply = turn(ctx, step, conversation).await?;
        let stop = Next::after(&reply);
        conversation.push(reply.message);
        match stop {
            Next::Tools => {
                ctx.tell(reply.finished).await;
                let results = run_tools(ctx, last(conversation)).await;
                conversation.push(results);
            }
            Next::End(ending) => {
                let outcome = if matches!(ending, Ending::Stopped(_)) {
                    Outcome::Cancelled
                } else {
                    Outcome::Error
                };
                conversation.extend(settle(ctx, last(conversation), outcome).await);
                ctx.tell(reply.finished).await;
                return Ok(Finished {
                    ending,
                    messages: conversation.split_off(stored),
                });
            }
        }
        if let Some(reason) = ctx.stopped() {
            return Ok(Finished {
                ending: Ending::Stopped(reason),
                messages: conversation.split_off(stored),
            });
        }
        if step < ctx.limits.max_steps {
            let messages = conversation[stored..].to_vec();
            stored = conversation.len();
            let lines = ctx.lines.batch().await.map_err(|_| Failure::Abandoned)?;
            ctx.steps
                .send(Step { messages, lines })
                .await
                .map_err(|_| Failure::Abandoned)?;
        }
    }
    Ok(Finished {
        ending: Ending::OutOfSteps,
        messages: conversation.split_off(stored),
    })
}

fn last(conversation: &[Message]) -> &Message {
    conversation.last().expect("the loop has just pushed one")
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
