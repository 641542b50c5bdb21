//! What the loop works with.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::context_window::Window;
use crate::model::Model;
use longwire_core::event_batch::EventBatch;
use longwire_core::ids::{RunId, ThreadId};
use longwire_core::message::Message;
use longwire_core::run::CancelReason;
use longwire_protocol::numbered::Draft;
use longwire_stream::sink::{EventSink, Stopped};
use longwire_tools::Tools;

/// What the loop works with. It lives as long as one run in one worker.
pub struct Ctx<'a> {
    /// Who answers.
    pub model: &'a dyn Model,
    /// What the model may call.
    pub tools: &'a Tools,
    /// Where the run's lines go.
    pub lines: EventSink,
    /// Where finished steps go to be stored. It holds one, so storing may lag one step behind, no more.
    pub steps: mpsc::Sender<Step>,
    /// Set when the run is to stop, and why.
    pub stop: watch::Receiver<Option<CancelReason>>,
    /// Until when this worker's word holds. Model calls and tools start under it only.
    pub lease: watch::Receiver<Instant>,
    /// When this worker must be done. A run that is not done by then is handed over, at the end of the step
    /// after which the longest step so far would not fit any more.
    pub until: Instant,
    /// The run.
    pub run_id: RunId,
    /// Its thread.
    pub thread_id: ThreadId,
    /// The system prompt, with what the client wants the model to know.
    pub system: String,
    /// The model's thinking is shown to the client.
    pub reasoning: bool,
    /// How far it may go.
    pub limits: Limits,
}

/// How far a run may go.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most model calls of one run.
    pub max_steps: u32,
    /// The most tokens of one model call.
    pub max_tokens: u32,
    /// How much of the conversation the model sees.
    pub window: Window,
    /// How often one model call is tried, as long as nothing of it was shown.
    pub attempts: u32,
    /// The most a first pause between two tries lasts; it doubles each time, with full jitter.
    pub backoff: Duration,
    /// How much of the lease must be left for a model call or a tool to start.
    pub lease_margin: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_steps: 10,
            max_tokens: 4096,
            window: Window::default(),
            attempts: 4,
            backoff: Duration::from_secs(1),
            lease_margin: Duration::from_secs(5),
        }
    }
}

/// What is to be stored of a step, in one transaction.
#[derive(Debug)]
pub struct Step {
    /// The assistant's turn and its tools' results; the turn alone while its calls are to be made.
    pub messages: Vec<Message>,
    /// The run's lines up to here, as they were sent.
    pub lines: EventBatch,
    /// How far the step is.
    pub stage: Stage,
}

/// How far a step is that is to be stored.
#[derive(Debug)]
pub enum Stage {
    /// Calls that must not be repeated are about to be made: they are as soon as the sender is told that the
    /// message stands. It is marked `calling`, and comes once more, without the mark and with its results, to be
    /// stored under the same number: in the next [`Step`] or with the run's end.
    Calling(oneshot::Sender<()>),
    /// It is over.
    Over,
}

impl Ctx<'_> {
    /// Makes a line of this. A sender that was stopped takes nothing: the worker is about to drop the loop.
    pub(super) async fn tell(&self, draft: impl Into<Draft>) {
        let _: Result<(), Stopped> = self.lines.emit(draft).await;
    }

    /// Why the run is to stop, if it is.
    pub(super) fn stopped(&self) -> Option<CancelReason> {
        *self.stop.borrow()
    }

    /// Returns when the run is to stop.
    pub(super) async fn stop_asked(&self) -> CancelReason {
        let mut stop = self.stop.clone();
        loop {
            if let Some(reason) = *stop.borrow_and_update() {
                return reason;
            }
            if stop.changed().await.is_err() {
                // Whoever could stop the run is gone, and with it this run: the worker drops the loop.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Returns when this worker's word holds for a while. A worker that lost its lease waits here until
    /// it is dropped.
    pub(super) async fn lease_held(&self) {
        let mut lease = self.lease.clone();
        loop {
            let until = *lease.borrow_and_update();
            if Instant::now() + self.limits.lease_margin < until {
                return;
            }
            if lease.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
