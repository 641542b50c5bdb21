//! End of a run that is to be stored.

use longwire_agent::client_tools::cancel_calls;
use longwire_agent::outcome::Outcome;
use longwire_core::ids::{CallId, RunId};
use longwire_core::message::{Message, open_calls};
use longwire_core::pending::Pending;
use longwire_core::run::{CancelReason, RunEnd, RunErrorCode};
use longwire_core::run_frame::RunFrame;
use longwire_stream::sink::{EventSink, Stopped};

use crate::attempt::Attempt;

/// End of a run with what is stored beside it.
#[derive(Debug, Clone)]
pub struct Ending {
    /// The end.
    pub end: RunEnd,
    /// Messages that are not stored yet.
    pub messages: Vec<Message>,
    /// Frame, if the stored one is another.
    pub frame: Option<RunFrame>,
    /// Calls that the client makes.
    pub pending: Option<Pending>,
    /// The run goes on when the user has sent texts that it has not taken in. Otherwise they are stored with the end.
    pub takes_texts: bool,
}

impl From<RunEnd> for Ending {
    /// Makes an end without messages.
    fn from(end: RunEnd) -> Self {
        Self {
            end,
            messages: Vec::new(),
            frame: None,
            pending: None,
            takes_texts: false,
        }
    }
}

impl Attempt<'_> {
    /// End of the run with this outcome of the loop.
    pub(crate) fn ending(
        &self,
        outcome: Outcome,
        messages: Vec<Message>,
        frame: Option<RunFrame>,
    ) -> Ending {
        let pending = (outcome == Outcome::NeedsClient).then(|| {
            let calls = open_calls(&messages)
                .into_iter()
                .map(|call| call.id.clone());
            let until = self.runner.now() + self.runner.settings.answer_time.as_secs();
            Pending::new(self.lease.run_id.clone(), calls, until)
        });
        Ending {
            end: outcome.into(),
            messages,
            frame,
            pending,
            takes_texts: outcome.takes_texts(),
        }
    }
}

impl Ending {
    /// Calls that the client makes, in the order of the model.
    pub(crate) fn pending_calls(&self) -> Vec<CallId> {
        let pending = self.pending.as_ref();
        pending.map(Pending::call_ids).unwrap_or_default()
    }

    /// Makes the end a cancellation that was requested before. Calls that the client was to make get a result.
    ///
    /// # Errors
    ///
    /// Fails when the stream of the events has stopped.
    pub(crate) async fn cancel(
        &mut self,
        reason: CancelReason,
        events: &EventSink,
        run_id: &RunId,
    ) -> Result<(), Stopped> {
        self.end = RunEnd::Cancelled(reason);
        self.takes_texts = false;
        if self.pending.take().is_some() {
            // The last event is held back, and others may come before it.
            events.reopen().await?;
            let open = open_calls(&self.messages);
            let results = cancel_calls(events, run_id, &open).await;
            self.messages.extend(results);
        }
        Ok(())
    }

    /// Leaves out the messages, which the table refuses. The run fails, unless it was cancelled.
    pub(crate) fn fail(&mut self) {
        self.messages.clear();
        (self.pending, self.takes_texts) = (None, false);
        self.end = match self.end {
            RunEnd::Cancelled(_) => self.end,
            RunEnd::Finished | RunEnd::Failed(_) => RunEnd::Failed(RunErrorCode::Internal),
        };
    }
}
