//! End of a run that is to be stored.

use longwire_agent::client_tools::cancel_calls;
use longwire_agent::outcome::Outcome;
use longwire_core::approval::PendingApprovals;
use longwire_core::ids::RunId;
use longwire_core::message::{Message, open_calls};
use longwire_core::pending::Pending;
use longwire_core::run::{CancelReason, RunEnd, RunErrorCode};
use longwire_core::run_frame::RunFrame;
use longwire_core::tool::ToolCall;
use longwire_stream::sink::{EventSink, Stopped};
use longwire_tools::call::PreparedCall;

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
    /// Wait that begins with the end.
    pub pending: Option<Pending>,
    /// Calls that are left open.
    pub open: Vec<ToolCall>,
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
            open: Vec::new(),
            takes_texts: false,
        }
    }
}

impl Attempt<'_> {
    /// End of the run with this outcome of the loop, after the stored messages of the conversation.
    pub(crate) fn ending(
        &self,
        outcome: Outcome,
        stored: &[Message],
        messages: Vec<Message>,
        frame: Option<RunFrame>,
    ) -> Ending {
        let needs_answers = outcome == Outcome::NeedsAnswers;
        let open = needs_answers.then(|| {
            let all = [stored, &messages].concat();
            open_calls(&all).into_iter().cloned().collect()
        });
        let open: Vec<ToolCall> = open.unwrap_or_default();
        Ending {
            end: outcome.into(),
            messages,
            frame,
            pending: needs_answers.then(|| self.pending(&open)),
            open,
            takes_texts: outcome.takes_texts(),
        }
    }

    /// Wait for the approvals that open calls need, or else for the results of the client.
    fn pending(&self, open: &[ToolCall]) -> Pending {
        let mut approvals = PendingApprovals::default();
        for call in open {
            // A call of the client is none of these tools.
            let prepared = self.runner.tools.prepare(call).ok();
            if let Some(terms) = prepared.as_ref().and_then(PreparedCall::approval) {
                approvals.tools.insert(call.id.clone(), call.name.clone());
                approvals.terms.insert(call.name.clone(), terms.clone());
            }
        }
        let approvals = Some(approvals).filter(|approvals| !approvals.tools.is_empty());
        let waits = |call: &&ToolCall| {
            let approvals = approvals.as_ref();
            approvals.is_none_or(|approvals| approvals.tools.contains_key(&call.id))
        };
        let calls = open.iter().filter(waits).map(|call| call.id.clone());
        let until = self.runner.now() + self.runner.settings.answer_time.as_secs();
        let run_id = self.lease.run_id.clone();
        Pending {
            approvals: approvals.clone(),
            ..Pending::new(run_id, calls, until)
        }
    }
}

impl Ending {
    /// Makes the end a cancellation that was requested before. Calls that were left open get a result.
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
            let open: Vec<_> = self.open.iter().collect();
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
