//! Executes an attempt: the agent loop, the writer and the supervisor, side by side.

use std::time::Duration;

use longwire_agent::approvals::ApprovedCalls;
use longwire_agent::ctx::{Ctx, Step};
use longwire_agent::outcome::Exit;
use longwire_agent::run::run;
use longwire_agent::steering::Steering;
use longwire_core::message::Message;
use longwire_core::run::{CancelReason, RunEnd, RunErrorCode};
use longwire_stream::notice::Notices;
use longwire_stream::sink::EventSink;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::account::{Account, Spent};
use crate::attempt::Attempt;
use crate::conclude::{AttemptEnd, Conclusion};
use crate::error::AttemptError;
use crate::finish::log_refused;
use crate::supervisor::{Signals, Supervisor};
use crate::writer::Writer;

/// Time since the start of a run after which its subscribers are read before the model is called, because they may have
/// left while it was queued.
const CHECK_SUBSCRIBERS_AFTER: Duration = Duration::from_secs(2);

/// Signals that the agent loop and the writer receive.
struct Heard {
    cancelled: watch::Receiver<Option<CancelReason>>,
    lease: watch::Receiver<Instant>,
    gone: watch::Receiver<Option<u64>>,
    time_is_up: watch::Receiver<bool>,
    /// Number of texts that the run has accepted.
    accepted: watch::Receiver<u32>,
}

impl Attempt<'_> {
    /// Executes the attempt, until the run has ended or is handed over.
    pub(crate) async fn execute(self) -> Result<(), AttemptError> {
        let (confirmed, lease) = watch::channel(self.lease_expires);
        let (events, notices) = self.events(lease.clone());
        let executed = self.answer(&events, notices, confirmed, lease).await;
        if executed.is_err() {
            self.close_account(Spent::Request).await;
        }
        // No post of this attempt may be under way when the function is frozen.
        events.stop().await;
        executed
    }

    async fn answer(
        &self,
        events: &EventSink,
        notices: Notices,
        confirmed: watch::Sender<Instant>,
        lease: watch::Receiver<Instant>,
    ) -> Result<(), AttemptError> {
        let mut writer = Writer::new(self, confirmed);
        let (cancel, cancelled) = watch::channel(None);
        let (gone_since, gone) = watch::channel(self.row.gone_since);
        let (cut, time_is_up) = watch::channel(false);
        let (texts, accepted) = watch::channel(self.row.steers);
        let signals = Signals {
            cancel,
            cut,
            gone_since,
            texts,
            step: writer.step(),
        };
        let mut supervisor = Supervisor::start(self, events, notices, signals).await?;
        self.emit_start(events).await?;
        if self.waited() > CHECK_SUBSCRIBERS_AFTER {
            supervisor.check().await?;
        }
        let heard = Heard {
            cancelled,
            lease,
            gone,
            time_is_up,
            accepted,
        };
        let mut conversation = self.conversation();
        loop {
            let end = self
                .converse_and_store(
                    events,
                    &mut writer,
                    &mut supervisor,
                    &mut conversation,
                    &heard,
                )
                .await?;
            match self
                .conclude(events, &mut writer, &mut supervisor, end)
                .await?
            {
                Conclusion::Done => return Ok(()),
                Conclusion::GoesOn(answer) => conversation.extend(answer),
            }
        }
    }

    /// Runs the agent loop and stores its steps, side by side, until the loop ends. Fails when the run is not this attempt's
    /// any more.
    async fn converse_and_store(
        &self,
        events: &EventSink,
        writer: &mut Writer<'_>,
        supervisor: &mut Supervisor<'_>,
        conversation: &mut Vec<Message>,
        heard: &Heard,
    ) -> Result<AttemptEnd, AttemptError> {
        let (steps, stored) = mpsc::channel(1);
        let ctx = self.ctx(events, writer, steps, heard);
        let first_step = *writer.step().borrow();
        let answer = async {
            let answer = self.converse(ctx, conversation, first_step);
            Ok(until_cut(answer, heard.time_is_up.clone()).await)
        };
        let answered = tokio::select! {
            both = async { tokio::try_join!(answer, writer.serve(stored, heard.gone.clone())) } => both,
            lost = supervisor.run() => return Err(lost),
        };
        match answered {
            Ok((end, ())) => Ok(end),
            Err(AttemptError::Refused(error)) => {
                log_refused(&error);
                self.close_account(Spent::Request).await;
                Ok(AttemptEnd::Fail(RunErrorCode::Internal, None))
            }
            Err(error) => Err(error),
        }
    }

    /// Time since the run was accepted. For a run that was handed over it is longer than its wait, and one read more does
    /// no harm.
    fn waited(&self) -> Duration {
        let now = self.runner.clock.unix_millis();
        Duration::from_millis(now.saturating_sub(self.row.recorded_at()))
    }

    /// Makes the context of the agent loop.
    fn ctx(
        &self,
        events: &EventSink,
        writer: &Writer<'_>,
        steps: mpsc::Sender<Step>,
        heard: &Heard,
    ) -> Ctx<'_> {
        Ctx {
            model: self.runner.model.as_ref(),
            tools: &self.runner.tools,
            client_tools: self.client_tools(),
            approved: ApprovedCalls {
                calls: self.answers.approved.clone(),
                maybe_made: self.first_message_stored(),
            },
            events: events.clone(),
            steps,
            cancel: heard.cancelled.clone(),
            lease: heard.lease.clone(),
            hand_over_at: self.deadlines.loop_until(),
            run_id: self.lease.run_id.clone(),
            thread_id: self.lease.key.thread_id.clone(),
            system: self.runner.system_prompt.clone(),
            frame: writer.frame(),
            reasoning: self.input.as_ref().is_some_and(|input| input.reasoning),
            question: self.question(),
            limits: self.limits(),
            reserve: self.account.as_ref().map(Account::reserve_calls),
            steering: Steering {
                accepted: heard.accepted.clone(),
                taken: writer.steered_with(&[]).unwrap_or(u32::MAX),
                read: self.read_texts(),
            },
        }
    }

    /// Runs the agent loop over the conversation. The loop's context is dropped with its end, which tells the writer
    /// that no more steps come.
    async fn converse(
        &self,
        ctx: Ctx<'_>,
        conversation: &mut Vec<Message>,
        first_step: u32,
    ) -> AttemptEnd {
        if let Some(end) = self.end_without_model() {
            if end == RunEnd::Failed(RunErrorCode::WorkerLost) {
                self.give_up().await;
            }
            return AttemptEnd::Finish(Box::new(end.into()));
        }
        match run(&ctx, conversation, first_step).await {
            Ok(Exit::Ended {
                outcome,
                messages,
                frame,
            }) => AttemptEnd::Finish(Box::new(self.ending(
                outcome,
                conversation,
                messages,
                frame,
            ))),
            Ok(Exit::HandOver) => AttemptEnd::HandOver,
            Err(error) => {
                tracing::error!(event = "run_failed", %error, "the run failed");
                AttemptEnd::Fail(error.code(), error.usage())
            }
        }
    }

    /// Copies the job of a run whose workers crashed again and again to the dead-letter queue.
    async fn give_up(&self) {
        let crashes = self.row.crashes;
        tracing::error!(event = "run_given_up", crashes, "the run is given up");
        if let Err(error) = self.runner.dead_letters.send(self.delivery.job).await {
            tracing::error!(
                event = "dead_letter_failed",
                %error,
                "the job was not copied to the dead-letter queue"
            );
        }
    }
}

/// Runs the loop until its step is cut off. Steps that it sent to the writer are stored in either case.
async fn until_cut(
    answer: impl Future<Output = AttemptEnd>,
    mut cut: watch::Receiver<bool>,
) -> AttemptEnd {
    tokio::select! {
        end = answer => end,
        Ok(_) = cut.wait_for(|cut| *cut) => AttemptEnd::Cut,
    }
}
