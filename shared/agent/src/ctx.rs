//! Context of the loop: what it calls, where its output goes, and its limits.

use std::time::Duration;

use longwire_core::event_batch::EventBatch;
use longwire_core::ids::{RunId, ThreadId};
use longwire_core::message::Message;
use longwire_core::run::CancelReason;
use longwire_core::run_frame::RunFrame;
use longwire_protocol::numbered::Draft;
use longwire_stream::sink::{EventSink, Stopped};
use longwire_tools::toolbox::Tools;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::approvals::ApprovedCalls;
use crate::budget::Reserve;
use crate::client_tools::ClientTools;
use crate::context_window::Window;
use crate::model::Model;
use crate::steering::Steering;

/// Context of the loop for one run in one worker.
pub struct Ctx<'a> {
    /// Model that answers.
    pub model: &'a dyn Model,
    /// Tools that the model may call.
    pub tools: &'a Tools,
    /// Tools that the client runs, beside those.
    pub client_tools: ClientTools,
    /// Approved calls with which the run begins.
    pub approved: ApprovedCalls,
    /// Receives the run's events.
    pub events: EventSink,
    /// Receives finished steps for storing. Its capacity of one bounds how far storing lags behind.
    pub steps: mpsc::Sender<Step>,
    /// Reason of the cancellation, once one is requested.
    pub cancel: watch::Receiver<Option<CancelReason>>,
    /// Expiry of the lease. Model calls and tools start only while it is valid.
    pub lease: watch::Receiver<Instant>,
    /// Deadline for the hand-over. The run is handed over at the end of a step when the longest step so far
    /// would not fit before it.
    pub hand_over_at: Instant,
    /// Id of the run.
    pub run_id: RunId,
    /// Thread of the run.
    pub thread_id: ThreadId,
    /// System prompt of the deployment.
    pub system: String,
    /// Frame that an earlier worker of the run stored.
    pub frame: Option<RunFrame>,
    /// Sends reasoning to the client.
    pub reasoning: bool,
    /// Question of the user that an earlier run began to answer, if this one follows it.
    pub question: Option<String>,
    /// Limits of the run.
    pub limits: Limits,
    /// Reserves what each model call may cost; `None` for a user without limits.
    pub reserve: Option<Reserve>,
    /// Texts that the user sends to the run.
    pub steering: Steering,
}

/// Limits of a run.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most model calls of a run.
    pub max_steps: u32,
    /// Most output tokens of one model call.
    pub max_tokens: u32,
    /// Part of the conversation that the model is shown.
    pub window: Window,
    /// Most tries of one model call, for other failures than throttling; a call is retried only while nothing of its reply
    /// was sent.
    pub model_tries: u32,
    /// Time for which a throttled call is tried again.
    pub throttled_for: Duration,
    /// Upper bound of the first pause between two tries. The bound doubles with each try; the pause has
    /// full jitter.
    pub backoff: Duration,
    /// Time that must be left of the lease for a model call or a tool to start.
    pub lease_margin: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_steps: 10,
            max_tokens: 4096,
            window: Window::default(),
            model_tries: 4,
            throttled_for: Duration::from_secs(60),
            backoff: Duration::from_secs(1),
            lease_margin: Duration::from_secs(5),
        }
    }
}

/// Part of a step that is stored in one transaction.
#[derive(Debug)]
pub struct Step {
    /// Assistant message and the results of its tool calls; the message alone before its calls are made. First message of the
    /// run, before and after its approved calls are made.
    pub messages: Vec<Message>,
    /// Events of the run up to here that no earlier step carried, as they were sent.
    pub events: EventBatch,
    /// Frame of the run, with the first step of one that has none stored.
    pub frame: Option<RunFrame>,
    /// Progress of the step.
    pub stage: Stage,
}

/// Progress of a step that is to be stored.
#[derive(Debug)]
pub enum Stage {
    /// The message has calls that must not be repeated, and is stored before they are made: they start once the
    /// sender is notified. The message is marked `calling` and follows again without the mark and with its
    /// results, to be stored under the same number: in the next [`Step`] or with the end of the run.
    Calling(oneshot::Sender<()>),
    /// The first message of the run has the results of its approved calls. No step is complete.
    FirstMessage,
    /// The step is complete.
    Finished,
}

impl Ctx<'_> {
    /// Emits an event. A stopped sink takes none; the worker drops the loop then, so that is no error.
    pub(super) async fn emit(&self, draft: impl Into<Draft>) {
        let _: Result<(), Stopped> = self.events.emit(draft).await;
    }

    /// Reason of the cancellation, if one is requested.
    pub(super) fn cancelled(&self) -> Option<CancelReason> {
        *self.cancel.borrow()
    }

    /// Waits for a cancellation.
    pub(super) async fn cancellation(&self) -> CancelReason {
        let mut cancel = self.cancel.clone();
        loop {
            if let Some(reason) = *cancel.borrow_and_update() {
                return reason;
            }
            if cancel.changed().await.is_err() {
                // The sender lives as long as the run. Without it, the worker is about to drop the loop.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits until the lease is valid for longer than the margin. A worker that lost its lease waits here until
    /// the loop is dropped.
    pub(super) async fn valid_lease(&self) {
        let mut lease = self.lease.clone();
        loop {
            let expires_at = *lease.borrow_and_update();
            if Instant::now() + self.limits.lease_margin < expires_at {
                return;
            }
            if lease.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
