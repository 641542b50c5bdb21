//! A worker that received a message: the claim, the writes, the hand-over and the end are the runner's own. Only the
//! agent loop is played here, by the sequence.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use longwire_agent::ctx::{Stage, Step};
use longwire_core::ids::{ConnectionId, MessageId};
use longwire_core::job::Job;
use longwire_core::message::{Block, Message, Role};
use longwire_core::run::{CancelReason, RunEnd, RunErrorCode, RunStatus};
use longwire_protocol::event::{AssistantRole, Event};
use longwire_runner::attempt::Attempt;
use longwire_runner::writer::Writer;
use longwire_runner::{AttemptError, Delivery, Runner};
use longwire_store::threads::transition::Cut;
use longwire_stream::sink::EventSink;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::case::Case;
use crate::gate::Gate;
use crate::operation::{Operation, Process};
use crate::pool::Message as Received;
use crate::transition::{Act, Last, Work};
use crate::trouble::Trouble;

/// Crashes after which a run is given up, as in the runner.
const MAX_CRASHES: u32 = 3;

/// Hand-overs after which a run finishes here, so that a sequence ends.
const MAX_HANDOVERS: u32 = 6;

/// Longer than a sequence takes.
const FOREVER: Duration = Duration::from_secs(24 * 3600);

/// A worker with a message.
struct Worker {
    case: Arc<Case>,
    gate: Arc<Gate>,
    runner: Runner,
    job: Job,
    work: Work,
    /// Id of the invocation.
    invocation: String,
}

/// Delivers a message to the invocation of this number.
pub(crate) fn deliver(
    case: &Arc<Case>,
    message: Received,
    invocation: usize,
    work: Work,
    troubles: Vec<Trouble>,
) -> Operation {
    let invocation = format!("worker {invocation}");
    let name = format!(
        "{invocation}, {} by message {}",
        message.job.run_id, message.number
    );
    let gate = Gate::new(case, name, work.reads_first, troubles);
    let worker = Worker {
        case: Arc::clone(case),
        gate: Arc::clone(&gate),
        runner: case.runner(&gate),
        job: message.job,
        work,
        invocation,
    };
    let doing = Box::pin(async move {
        let done = worker.run().await;
        let told = match &done {
            Ok(()) => "done".to_owned(),
            Err(error) => format!("{error:#}"),
        };
        worker.case.ledger().tell(&worker.gate.name, &told);
        // A message whose job failed is delivered again.
        if done.is_ok() {
            worker.case.pool().delete(message.number);
        }
    });
    Operation {
        process: Process::Worker,
        gate,
        doing,
    }
}

impl Worker {
    async fn run(&self) -> Result<(), AttemptError> {
        let delivery = Delivery {
            job: &self.job,
            message: None,
            invocation: &self.invocation,
            ends_at: SystemTime::now() + FOREVER,
        };
        let Some(attempt) = self.runner.claim(&delivery).await? else {
            return Ok(());
        };
        let begun = self.gate.begun.set(self.job.run_id.clone());
        begun.expect("a worker begins once");
        // A patient worker repeats a failing write until it succeeds; any other gives up after the first failure.
        let expires = Instant::now()
            + if self.work.patient {
                FOREVER
            } else {
                Duration::ZERO
            };
        let (confirmed, lease) = watch::channel(expires);
        let (events, _notices) = attempt.events(lease);
        let player = Player {
            worker: self,
            attempt: &attempt,
            writer: Writer::new(&attempt, confirmed),
            events: &events,
        };
        let played = player.play().await;
        events.stop().await;
        played
    }
}

/// Plays the agent loop of one attempt.
struct Player<'a> {
    worker: &'a Worker,
    attempt: &'a Attempt<'a>,
    writer: Writer<'a>,
    events: &'a EventSink,
}

impl Player<'_> {
    /// Does what the sequence asks for, unless the run is to be cancelled.
    async fn play(mut self) -> Result<(), AttemptError> {
        self.attempt.emit_start(self.events).await?;
        if self.attempt.row.crashes >= MAX_CRASHES {
            let failed = RunEnd::Failed(RunErrorCode::WorkerLost);
            return self.finish(failed, &[]).await;
        }
        self.writer.store_prompt().await?;
        for act in &self.worker.work.acts {
            if let Some(reason) = self.cancel_requested().await? {
                return self.finish(RunEnd::Cancelled(reason), &[]).await;
            }
            match act {
                Act::Step => self.step().await?,
                Act::Renew => self.writer.renew().await?,
            }
        }
        if let Some(reason) = self.cancel_requested().await? {
            return self.finish(RunEnd::Cancelled(reason), &[]).await;
        }
        let may_hand_over = self.attempt.row.handovers < MAX_HANDOVERS;
        match self.worker.work.last {
            Last::HandOver if may_hand_over => self.hand_over(None).await,
            Last::Cut if may_hand_over => {
                let cut = self.writer.cut();
                self.hand_over(Some(cut)).await
            }
            Last::Fail => {
                let failed = RunEnd::Failed(RunErrorCode::ModelInvalidRequest);
                self.finish(failed, &[]).await
            }
            Last::Finish | Last::HandOver | Last::Cut => {
                let answer = self.answer().await?;
                self.finish(RunEnd::Finished, &[answer]).await
            }
        }
    }

    /// Reads the control row, as the control poll does.
    async fn cancel_requested(&self) -> Result<Option<CancelReason>, AttemptError> {
        let read = self
            .writer
            .retry_while_leased(async || self.attempt.read_control(&[]).await)
            .await?;
        let epoch = self.attempt.lease.epoch;
        match read.row {
            Some(row) if row.epoch == epoch && row.status == RunStatus::Running => {
                Ok(row.cancel_requested)
            }
            Some(_) | None => Err(AttemptError::LeaseLost("the row says so".to_owned())),
        }
    }

    /// Emits the events of an answer, and returns its message. The text names the step, for the verdict.
    async fn answer(&self) -> Result<Message, AttemptError> {
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

    async fn step(&mut self) -> Result<(), AttemptError> {
        let answer = self.answer().await?;
        let step = Step {
            messages: vec![answer],
            events: self.events.batch().await?,
            stage: Stage::Finished,
        };
        self.writer.store_step(step).await
    }

    /// Hands over, with the subscribers that the row had when the run was claimed.
    async fn hand_over(&self, cut: Option<Cut>) -> Result<(), AttemptError> {
        let served = self.attempt.subscribers();
        let known: BTreeMap<ConnectionId, u64> = served
            .iter()
            .map(|(id, cursor)| (id.clone(), cursor.requested_at))
            .collect();
        self.attempt
            .release(&self.writer, &served, &known, cut)
            .await
    }

    async fn finish(&mut self, end: RunEnd, messages: &[Message]) -> Result<(), AttemptError> {
        let end = self
            .attempt
            .commit_end(self.events, &mut self.writer, end, messages)
            .await?;
        let lease = &self.attempt.lease;
        self.worker.case.ledger().ended(&lease.run_id, end.status());
        self.worker.runner.advance(&lease.key, &lease.run_id).await
    }
}
