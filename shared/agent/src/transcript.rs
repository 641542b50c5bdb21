//! The conversation of a run, and how much of it was sent for storing.

use longwire_core::ids::RunId;
use longwire_core::message::{Block, Message, Role};
use longwire_core::run_frame::RunFrame;
use longwire_protocol::event::Event;
use tokio::sync::oneshot;

use crate::ctx::{Ctx, Stage, Step};
use crate::error::AgentError;
use crate::outcome::{Exit, Outcome};

/// Conversation as it grows, and how much of it was sent for storing.
pub(super) struct Transcript<'a> {
    conversation: &'a mut Vec<Message>,
    run_id: &'a RunId,
    /// Number of messages that are stored or were sent for storing.
    stored: usize,
    /// Number of the last text of the user that is in the conversation.
    taken: u32,
}

impl<'a> Transcript<'a> {
    /// Takes a conversation whose messages are all stored.
    pub(super) fn new(conversation: &'a mut Vec<Message>, ctx: &'a Ctx<'_>) -> Self {
        let stored = conversation.len();
        Self {
            conversation,
            run_id: &ctx.run_id,
            stored,
            taken: ctx.steering.taken,
        }
    }

    /// All messages so far.
    pub(super) fn messages(&self) -> &[Message] {
        self.conversation
    }

    /// Appends messages.
    pub(super) fn extend(&mut self, messages: impl IntoIterator<Item = Message>) {
        self.conversation.extend(messages);
    }

    /// Tells whether the user sent texts that are not in the conversation.
    pub(super) fn misses_texts(&self, ctx: &Ctx<'_>) -> bool {
        *ctx.steering.accepted.borrow() > self.taken
    }

    /// Appends the texts that the user sent since the last call, and tells the client. They are stored with the step that
    /// follows, so a worker that repeats the step takes them in again. A cancelled run takes in none.
    pub(super) async fn take_texts(&mut self, ctx: &Ctx<'_>) -> Result<(), AgentError> {
        let accepted = *ctx.steering.accepted.borrow();
        if accepted <= self.taken {
            return Ok(());
        }
        let texts = tokio::select! {
            biased;
            _ = ctx.cancellation() => return Ok(()),
            texts = (ctx.steering.read)(self.taken, accepted) => texts.ok_or(AgentError::TextsNotRead)?,
        };
        for message in &texts {
            for block in &message.blocks {
                if let Block::Text { id, text } = block {
                    ctx.emit(Event::steered(id, text)).await;
                }
            }
        }
        self.taken = accepted;
        self.extend(texts);
        Ok(())
    }

    /// Tells whether the last message is the run's own and an earlier worker was making its calls.
    pub(super) fn is_calling(&self) -> bool {
        let last = self.conversation.last();
        last.is_some_and(|last| last.calling && last.run_id == *self.run_id)
    }

    /// Tells whether the run's last message is marked `calling` and has this role.
    pub(super) fn is_calling_as(&self, role: Role) -> bool {
        let last = self.conversation.last();
        self.is_calling() && last.is_some_and(|last| last.role == role)
    }

    /// Removes the message whose calls an earlier worker was making, without its mark, so that it can be
    /// appended and stored again together with its results.
    pub(super) fn take_calling(&mut self) -> Option<Message> {
        if !self.is_calling() {
            return None;
        }
        let last = self.conversation.pop()?;
        self.stored = self.conversation.len();
        Some(Message {
            calling: false,
            ..last
        })
    }

    /// Sends the messages since the last call, and the events since the last step, for storing.
    pub(super) async fn store(
        &mut self,
        ctx: &Ctx<'_>,
        frame: Option<RunFrame>,
    ) -> Result<(), AgentError> {
        self.send_new(ctx, frame, Stage::Finished).await
    }

    /// Sends the first message of the run, with the results of its approved calls, and the events so far for storing.
    pub(super) async fn store_first(&mut self, ctx: &Ctx<'_>) -> Result<(), AgentError> {
        self.send_new(ctx, None, Stage::FirstMessage).await
    }

    /// Sends the messages that were not sent, and the events since the last step.
    async fn send_new(
        &mut self,
        ctx: &Ctx<'_>,
        frame: Option<RunFrame>,
        stage: Stage,
    ) -> Result<(), AgentError> {
        let messages = self.conversation[self.stored..].to_vec();
        self.stored = self.conversation.len();
        send(ctx, messages, frame, stage).await
    }

    /// Sends `message`, marked `calling`, after the messages since the last call, and waits until it is stored or the run is
    /// cancelled.
    pub(super) async fn store_calling(
        &mut self,
        ctx: &Ctx<'_>,
        message: &Message,
        frame: Option<RunFrame>,
    ) -> Result<(), AgentError> {
        let calling = Message {
            calling: true,
            ..message.clone()
        };
        let (notify, stored) = oneshot::channel();
        let mut messages = self.conversation[self.stored..].to_vec();
        self.stored = self.conversation.len();
        messages.push(calling);
        send(ctx, messages, frame, Stage::Calling(notify)).await?;
        tokio::select! {
            biased;
            _ = ctx.cancellation() => Ok(()),
            stored = stored => stored.map_err(|_| AgentError::Abandoned),
        }
    }

    /// Ends the run with the messages that were not sent for storing.
    pub(super) fn end(self, outcome: Outcome, frame: Option<RunFrame>) -> Exit {
        Exit::Ended {
            outcome,
            messages: self.conversation.split_off(self.stored),
            frame,
        }
    }
}

async fn send(
    ctx: &Ctx<'_>,
    messages: Vec<Message>,
    frame: Option<RunFrame>,
    stage: Stage,
) -> Result<(), AgentError> {
    let events = ctx.events.batch().await;
    let step = Step {
        messages,
        events: events.map_err(|_| AgentError::Abandoned)?,
        frame,
        stage,
    };
    let sent = ctx.steps.send(step).await;
    sent.map_err(|_| AgentError::Abandoned)
}
