//! End of a run that is to be stored.

use longwire_agent::client_tools::cancel_calls;
use longwire_agent::outcome::Outcome;
use longwire_core::ids::{CallId, RunId};
use longwire_core::message::{Message, open_calls};
use longwire_core::pending::Pending;
use longwire_core::run::{CancelReason, RunEnd, RunErrorCode};
use longwire_stream::sink::EventSink;

use crate::attempt::Attempt;

/// End of a run with what is stored beside it.
#[derive(Debug)]
pub struct Ending {
    /// The end.
    pub end: RunEnd,
    /// Messages that are not stored yet.
    pub messages: Vec<Message>,
    /// Calls that the client makes.
    pub pending: Option<Pending>,
}

impl Attempt<'_> {
    /// End of the run with this outcome of the loop.
    pub(crate) fn ending(&self, outcome: Outcome, messages: Vec<Message>) -> Ending {
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
            pending,
        }
    }
}

impl Ending {
    /// End without messages.
    pub fn without_messages(end: RunEnd) -> Self {
        Self {
            end,
            messages: Vec::new(),
            pending: None,
        }
    }

    /// Calls that the client makes, in the order of the model.
    pub(crate) fn pending_calls(&self) -> Vec<CallId> {
        let pending = self.pending.as_ref();
        pending.map(Pending::call_ids).unwrap_or_default()
    }

    /// Makes the end a cancellation that was requested before. Calls that the client was to make get a result.
    pub(crate) async fn cancel(
        &mut self,
        reason: CancelReason,
        events: &EventSink,
        run_id: &RunId,
    ) {
        self.end = RunEnd::Cancelled(reason);
        if self.pending.take().is_some() {
            let open = open_calls(&self.messages);
            let results = cancel_calls(events, run_id, &open).await;
            self.messages.extend(results);
        }
    }

    /// Leaves out the messages, which the table refuses. The run fails, unless it was cancelled.
    pub(crate) fn fail(&mut self) {
        self.messages.clear();
        self.pending = None;
        self.end = match self.end {
            RunEnd::Cancelled(_) => self.end,
            RunEnd::Finished | RunEnd::Failed(_) => RunEnd::Failed(RunErrorCode::Internal),
        };
    }
}
