//! The conversation as it grows, and how much of it was handed on to be stored.

use tokio::sync::oneshot;

use crate::ctx::{Ctx, Stage, Step};
use crate::outcome::{Exit, Finished, Next, Outcome};
use crate::reply::Failure;
use crate::tool_calls::{Calls, settle};
use crate::turn::turn;
use longwire_core::message::Message;

/// The conversation, and how much of it was handed on to be stored.
pub(super) struct Transcript<'a> {
    conversation: &'a mut Vec<Message>,
    stored: usize,
}

impl<'a> Transcript<'a> {
    pub(super) fn new(conversation: &'a mut Vec<Message>) -> Self {
        let stored = conversation.len();
        Self {
            conversation,
            stored,
        }
    }

    /// One step: a model call, and the tools it wants. Says how the run ends, if the model ends it.
    pub(super) async fn step(
        &mut self,
        ctx: &Ctx<'_>,
        step: u32,
    ) -> Result<Option<Outcome>, Failure> {
        if let Some(message) = self.take_back(ctx) {
            let results = Calls::begun_before(ctx, &message).run(ctx).await;
            self.conversation.extend([message, results]);
            return Ok(None);
        }
        let reply = turn(ctx, step, self.conversation).await?;
        match Next::after(&reply) {
            Next::Tools => {
                ctx.tell(reply.finished).await;
                let calls = Calls::new(ctx, &reply.message);
                if calls.any_once() {
                    self.hand_on_calling(ctx, &reply.message).await?;
                }
                let results = calls.run(ctx).await;
                self.conversation.extend([reply.message, results]);
                Ok(None)
            }
            Next::End(ending) => {
                let settled = settle(ctx, &reply.message, ending).await;
                ctx.tell(reply.finished).await;
                self.conversation.push(reply.message);
                self.conversation.extend(settled);
                Ok(Some(ending))
            }
        }
    }

    /// A worker before this one was making the calls of the last turn.
    pub(super) fn is_calling(&self, ctx: &Ctx<'_>) -> bool {
        let last = self.conversation.last();
        last.is_some_and(|last| last.calling && last.run_id == ctx.run_id)
    }

    /// Takes back the turn whose calls a worker before this one was making, to be stored once more.
    fn take_back(&mut self, ctx: &Ctx<'_>) -> Option<Message> {
        if !self.is_calling(ctx) {
            return None;
        }
        let last = self.conversation.pop()?;
        self.stored = self.conversation.len();
        Some(Message {
            calling: false,
            ..last
        })
    }

    /// Hands on what was said since the last time, to be stored.
    pub(super) async fn hand_on(&mut self, ctx: &Ctx<'_>) -> Result<(), Failure> {
        let messages = self.conversation[self.stored..].to_vec();
        self.stored = self.conversation.len();
        hand_on(ctx, messages, Stage::Over).await
    }

    /// Hands on the turn alone, and returns when it stands or the run is to stop.
    async fn hand_on_calling(&self, ctx: &Ctx<'_>, message: &Message) -> Result<(), Failure> {
        let calling = Message {
            calling: true,
            ..message.clone()
        };
        let (stored, stands) = oneshot::channel();
        hand_on(ctx, vec![calling], Stage::Calling(stored)).await?;
        tokio::select! {
            biased;
            _ = ctx.stop_asked() => Ok(()),
            stands = stands => stands.map_err(|_| Failure::Abandoned),
        }
    }

    pub(super) fn ended(self, ending: Outcome) -> Exit {
        Exit::Ended(Finished {
            ending,
            messages: self.conversation.split_off(self.stored),
        })
    }
}

async fn hand_on(ctx: &Ctx<'_>, messages: Vec<Message>, stage: Stage) -> Result<(), Failure> {
    let lines = ctx.lines.batch().await.map_err(|_| Failure::Abandoned)?;
    let step = Step {
        messages,
        lines,
        stage,
    };
    ctx.steps.send(step).await.map_err(|_| Failure::Abandoned)
}
