//! Substitute for the agent loop of an attempt: executes the plan, without model, tools and posts.

use std::collections::BTreeMap;

use longwire_agent::ctx::{Stage, Step};
use longwire_core::ids::{ConnectionId, MessageId};
use longwire_core::message::{Block, Message, Role};
use longwire_core::run::{CancelReason, RunEnd, RunErrorCode, RunRow, RunStatus};
use longwire_protocol::event::{AssistantRole, Event};
use longwire_runner::attempt::Attempt;
use longwire_runner::ending::Ending;
use longwire_runner::error::AttemptError;
use longwire_runner::finish::Committed;
use longwire_runner::writer::Writer;
use longwire_store::threads::hand_over::Cut;
use longwire_stream::sink::EventSink;

use crate::attempt_plan::{Action, AttemptEnd, AttemptPlan};
use crate::environment::Environment;
use crate::run_names::rounds;

/// Hand-overs after which a run finishes, so that every case ends.
const MAX_HAND_OVERS: u32 = 6;

/// Runs of a chain that end with open calls as planned.
const MAX_ROUNDS: usize = 2;

/// Substitute for the agent loop of one attempt.
pub(crate) struct AgentLoop<'a> {
    /// Environment of the case.
    pub environment: &'a Environment,
    /// Plan of the attempt.
    pub plan: &'a AttemptPlan,
    /// Attempt that was claimed.
    pub attempt: &'a Attempt<'a>,
    /// Writer of the attempt.
    pub writer: Writer<'a>,
    /// Events of the attempt.
    pub events: &'a EventSink,
}

impl AgentLoop<'_> {
    /// Executes the plan. A write that the table refuses ends the run.
    pub(crate) async fn execute(mut self) -> Result<(), AttemptError> {
        match self.follow_plan().await {
            Err(AttemptError::Refused(_)) => {
                self.finish(RunEnd::Failed(RunErrorCode::Internal)).await
            }
            followed => followed,
        }
    }

    /// Follows the plan. Ends the run early when the model is not to be called or its cancellation is requested.
    async fn follow_plan(&mut self) -> Result<(), AttemptError> {
        self.attempt.emit_start(self.events).await?;
        self.writer.store_prompt().await?;
        if let Some(end) = self.attempt.end_without_model() {
            return self.finish(end).await;
        }
        if self.begin().await? {
            return Ok(());
        }
        for action in &self.plan.actions {
            let row = self.row().await?;
            if let Some(reason) = row.cancel_requested {
                return self.finish(RunEnd::Cancelled(reason)).await;
            }
            match action {
                Action::StoreStep => {
                    let texts = self.seen_texts(&row).await?;
                    self.store_step(texts).await?;
                }
                Action::RenewLease => self.writer.renew().await?,
            }
        }
        let row = self.row().await?;
        if let Some(reason) = row.cancel_requested {
            return self.finish(RunEnd::Cancelled(reason)).await;
        }
        self.end(&row).await
    }

    /// Ends the attempt as planned.
    async fn end(&mut self, row: &RunRow) -> Result<(), AttemptError> {
        let may_hand_over = self.may_hand_over();
        match self.plan.end {
            AttemptEnd::HandOver if may_hand_over => self.hand_over(None).await,
            AttemptEnd::Cut if may_hand_over => self.hand_over(Some(self.writer.cut())).await,
            AttemptEnd::Fail => {
                let failed = RunEnd::Failed(RunErrorCode::ModelInvalidRequest);
                self.finish(failed).await
            }
            AttemptEnd::Ask(calls) if rounds(&self.attempt.lease.run_id) < MAX_ROUNDS => {
                let texts = self.seen_texts(row).await?;
                self.ask(texts, calls).await
            }
            AttemptEnd::Finish | AttemptEnd::HandOver | AttemptEnd::Cut | AttemptEnd::Ask(..) => {
                let texts = self.seen_texts(row).await?;
                self.answer(texts).await
            }
        }
    }

    /// Answers, and answers again while the user has sent texts since.
    async fn answer(&mut self, mut texts: Vec<Message>) -> Result<(), AttemptError> {
        loop {
            let mut messages = texts;
            messages.push(self.reply().await?);
            let mut ending = Ending {
                messages,
                takes_texts: true,
                ..RunEnd::Finished.into()
            };
            let attempt = self.attempt;
            let committed = attempt
                .commit_end(self.events, &mut self.writer, &mut ending)
                .await?;
            match committed {
                Committed::Ended => return self.ended(&ending).await,
                Committed::TextsWait(accepted) => {
                    self.store(ending.messages).await?;
                    texts = self.texts(accepted).await?;
                }
            }
        }
    }

    /// Texts for the run that this row counts, if the worker sees them.
    async fn seen_texts(&self, row: &RunRow) -> Result<Vec<Message>, AttemptError> {
        if self.plan.sees_texts {
            self.texts(row.steers).await
        } else {
            Ok(Vec::new())
        }
    }

    /// Texts for the run that are not stored as messages, up to this number.
    async fn texts(&self, accepted: u32) -> Result<Vec<Message>, AttemptError> {
        let taken = self.writer.steered_with(&[]).unwrap_or(accepted);
        if taken == accepted {
            return Ok(Vec::new());
        }
        let read = self.attempt.read_texts();
        let texts = read(taken, accepted).await;
        let unreadable = || AttemptError::Failed(anyhow::anyhow!("the texts cannot be read"));
        let texts = texts.ok_or_else(unreadable)?;
        for message in &texts {
            self.events.emit(Event::steered(&message.id, "…")).await?;
        }
        Ok(texts)
    }

    /// Reads the control row as the control poll does. The run of a deleted thread is to be cancelled.
    pub(crate) async fn row(&self) -> Result<RunRow, AttemptError> {
        let read = self
            .writer
            .retry_while_leased(async || self.attempt.read_control(&[]).await)
            .await?;
        let epoch = self.attempt.lease.epoch;
        match read.row {
            Some(row) if row.epoch == epoch && row.status == RunStatus::Running => {
                let deleted = read.deleted.then_some(CancelReason::User);
                Ok(RunRow {
                    cancel_requested: row.cancel_requested.or(deleted),
                    ..row
                })
            }
            Some(_) | None => Err(AttemptError::NotOwner),
        }
    }

    /// Emits the events of a reply and returns its message. The id of its text contains the number of the step, which
    /// the checks of the final state expect.
    pub(crate) async fn reply(&self) -> Result<Message, AttemptError> {
        let id = MessageId::trusted(format!("step-{}", self.writer.cut().step));
        let start = Event::TextMessageStart {
            message_id: id.clone(),
            role: AssistantRole::Assistant,
        };
        let end = Event::TextMessageEnd {
            message_id: id.clone(),
        };
        self.events.emit(start).await?;
        self.events.emit(end).await?;
        let text = Block::Text {
            id,
            text: "…".to_owned(),
        };
        let run_id = self.attempt.lease.run_id.clone();
        Ok(Message::new(Role::Assistant, run_id, vec![text]))
    }

    async fn store_step(&mut self, mut messages: Vec<Message>) -> Result<(), AttemptError> {
        messages.push(self.reply().await?);
        self.store(messages).await
    }

    async fn store(&mut self, messages: Vec<Message>) -> Result<(), AttemptError> {
        let step = Step {
            messages,
            events: self.events.batch().await?,
            frame: None,
            stage: Stage::Finished,
        };
        self.writer.store_step(step).await
    }

    /// Hands the run over, with the subscribers that its row had at the claim.
    pub(crate) async fn hand_over(&self, cut: Option<Cut>) -> Result<(), AttemptError> {
        let served = self.attempt.subscribers();
        let known: BTreeMap<ConnectionId, u64> = served
            .iter()
            .map(|(id, cursor)| (id.clone(), cursor.requested_at))
            .collect();
        self.attempt
            .release(&self.writer, &served, &known, cut)
            .await
    }

    /// Tells whether the run may be handed over once more.
    pub(crate) fn may_hand_over(&self) -> bool {
        self.attempt.row.handovers < MAX_HAND_OVERS
    }

    async fn finish(&mut self, end: RunEnd) -> Result<(), AttemptError> {
        self.end_with(end.into()).await
    }

    /// Commits an end with which the run takes in no texts, and advances the run queue.
    pub(crate) async fn end_with(&mut self, mut ending: Ending) -> Result<(), AttemptError> {
        let committed = self
            .attempt
            .commit_end(self.events, &mut self.writer, &mut ending)
            .await?;
        match committed {
            Committed::Ended => self.ended(&ending).await,
            Committed::TextsWait(_) => unreachable!("the texts are stored with such an end"),
        }
    }

    /// Reports the end of the run and advances the run queue.
    async fn ended(&self, ending: &Ending) -> Result<(), AttemptError> {
        let lease = &self.attempt.lease;
        self.environment
            .observations()
            .end_reported(&lease.run_id, ending.end.status());
        self.attempt
            .advance(&self.writer, ending.pending.as_ref())
            .await
    }
}
