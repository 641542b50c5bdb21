//! Finishes a run: its end is stored, the run queue advances, and only then the last event is posted.

use longwire_core::event_batch::EventBatch;
use longwire_core::pending::Pending;
use longwire_core::run::RunEnd;
use longwire_protocol::run_events::{model_usage, run_ended};
use longwire_store::error::StoreError;
use longwire_store::threads::advance::{Advance, Fence};
use longwire_store::threads::lease::{Ended, RunLease};
use longwire_stream::sink::EventSink;
use serde_json::json;

use crate::account::Spent;
use crate::attempt::Attempt;
use crate::ending::Ending;
use crate::error::AttemptError;
use crate::supervisor::Supervisor;
use crate::writer::Writer;

/// Most commits of one end: as it came out, as the cancellation that was requested before, without the messages and the events
/// that the table refuses, and with each of the five texts that may wait for the run, twice after a refusal.
const MAX_COMMITS: usize = 14;

/// Outcome of storing an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// The end is stored.
    Ended,
    /// Nothing is stored. The run has accepted this number of texts, and goes on with those that it has not taken in.
    TextsWait(u32),
}

impl Attempt<'_> {
    /// Finishes the run with this end, and the cost of the model call that is not settled. Returns the number of texts that the
    /// run has accepted, if it goes on with them instead.
    ///
    /// A client that reads the last event may prompt at once, so the run queue advances before it is posted. When that
    /// fails, the event is posted all the same, and the job comes back to advance the queue.
    pub(crate) async fn finish(
        &self,
        events: &EventSink,
        writer: &mut Writer<'_>,
        supervisor: &mut Supervisor<'_>,
        ending: &mut Ending,
        spent: Spent,
    ) -> Result<Option<u32>, AttemptError> {
        match self.commit_end(events, writer, ending).await? {
            Committed::Ended => log(ending.end),
            Committed::TextsWait(accepted) => return Ok(Some(accepted)),
        }
        // The row has every subscriber once the end is stored: a later `resume` finds an ended run.
        let RunLease { key, run_id, .. } = &self.lease;
        let usage = writer.usage_with(&ending.messages);
        let (advanced, attached, (), ()) = tokio::join!(
            self.advance(writer, ending.pending.as_ref()),
            supervisor.attach_latecomers(),
            self.close_account(spent),
            self.runner.record_usage(key, run_id, &self.row, usage),
        );
        attached?;
        events.release().await?;
        let timeout = self
            .deadlines
            .within_invocation(self.runner.drain_timeout());
        tokio::join!(
            events.drained(timeout),
            writer.extend_visibility(),
            self.remove_message_expiry()
        );
        advanced.map(|()| None)
    }

    /// Stores the end of the run with its last messages and events, and the texts of the user that it has not taken in. A
    /// cancellation that was requested before counts, even when the answer was complete. When the table refuses the messages
    /// or the events, the run fails without them. Afterwards `ending` is the end as stored.
    pub async fn commit_end(
        &self,
        events: &EventSink,
        writer: &mut Writer<'_>,
        ending: &mut Ending,
    ) -> Result<Committed, AttemptError> {
        let mut with_events = true;
        for _ in 0..MAX_COMMITS {
            let batch = self.close(events, writer, ending).await?;
            let batch = with_events.then_some(&batch);
            match writer.end(ending, batch).await {
                Ok(Ended::Done) => return Ok(Committed::Ended),
                Ok(Ended::CancelRequested(reason)) => {
                    ending.cancel(reason, events, &self.lease.run_id).await?;
                }
                Ok(Ended::TextsWait(accepted)) if ending.takes_texts => {
                    events.reopen().await?;
                    return Ok(Committed::TextsWait(accepted));
                }
                Ok(Ended::TextsWait(accepted)) => {
                    let texts = self
                        .waiting_texts(writer, &ending.messages, accepted)
                        .await?;
                    ending.messages.extend(texts);
                }
                Ok(Ended::Lost) => return Err(AttemptError::NotOwner),
                Err(AttemptError::Refused(error)) if with_events => {
                    log_refused(&error);
                    with_events = !ending.messages.is_empty();
                    ending.fail();
                }
                Err(error) => return Err(error),
            }
        }
        Err(AttemptError::EndNotStored)
    }

    /// Advances the run queue past this run, which has ended, and after which the thread waits for what is `pending`.
    pub async fn advance(
        &self,
        writer: &Writer<'_>,
        pending: Option<&Pending>,
    ) -> Result<(), AttemptError> {
        let account = self.account.as_ref();
        let last_input = account.and_then(|account| account.conversation(writer.last_reply()?));
        let (runner, job) = (self.runner, self.delivery.job);
        let advance = match self.lease.generation {
            // A run of a deleted thread has no message in the generation whose queue it may be in.
            generation if self.deleted || generation == 0 => runner.past(job, Fence::Ended),
            generation => Advance {
                tip: writer.tip(),
                last_input,
                pending,
                ..runner.past(job, Fence::Generation(generation))
            },
        };
        runner.advance(job, advance).await
    }

    /// Settles the model calls that are not settled.
    pub(crate) async fn close_account(&self, spent: Spent) {
        if let Some(account) = &self.account {
            account.close(spent).await;
        }
    }

    /// Closes the events with the last one of this end. Returns those that are not stored.
    async fn close(
        &self,
        events: &EventSink,
        writer: &Writer<'_>,
        ending: &Ending,
    ) -> Result<EventBatch, AttemptError> {
        let RunLease { key, run_id, .. } = &self.lease;
        let usage = writer.usage_with(&ending.messages);
        let told = model_usage(&self.runner.settings.model_id, usage);
        let mut last = run_ended(
            &key.thread_id,
            run_id,
            ending.end,
            ending.pending.as_ref(),
            told,
        );
        last.annotations.estimated = usage.estimated.then_some(true);
        Ok(events.close(last).await?)
    }

    /// Removes the expiry of messages that were written before 0.1.0. A failure is logged only; the end of the next run
    /// tries again.
    async fn remove_message_expiry(&self) {
        if !self.history.messages.iter().any(|stored| stored.expires) {
            return;
        }
        let RunLease {
            threads,
            key,
            generation,
            ..
        } = &self.lease;
        if let Err(error) = threads.remove_message_expiry(key, *generation).await {
            tracing::warn!(
                event = "message_expiry_not_removed",
                %error,
                "the messages of the thread keep their expiry"
            );
        }
    }
}

/// Logs a write that a table refused for good.
pub(crate) fn log_refused(error: &StoreError) {
    tracing::error!(event = "run_write_refused", %error, "a write of the run was refused; the run ends");
}

/// Logs the end of a run once it is stored, and so once per run: deployments count runs by this line
/// (`terraform/modules/alarms/metrics.tf`).
fn log(end: RunEnd) {
    // Values as on the wire; absent fields are omitted.
    let fields = json!({ "status": end.status(), "reason": end.reason(), "code": end.code() });
    let field = |name: &str| fields[name].as_str();
    tracing::info!(
        event = "run_ended",
        status = field("status"),
        reason = field("reason"),
        code = field("code"),
        "the run ended"
    );
}

#[cfg(test)]
mod tests {
    use longwire_core::run::{CancelReason, RunErrorCode};
    use serde_json::Value;

    use super::*;

    /// Log lines that `terraform/modules/alarms` counts, as a worker wrote them on a local stack.
    const COUNTED: &str = include_str!("../../../terraform/modules/alarms/tests/worker.jsonl");

    #[test]
    fn the_log_says_what_the_alarms_count() {
        let recorded: Vec<Value> = COUNTED
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        for end in [
            RunEnd::Finished,
            RunEnd::Cancelled(CancelReason::ClientGone),
            RunEnd::Failed(RunErrorCode::ModelInvalidRequest),
        ] {
            let written = logged(|| log(end));
            let same = |line: &&Value| {
                line["level"] == written["level"] && line["fields"] == written["fields"]
            };
            assert!(
                recorded.iter().any(|line| same(&line)),
                "{written} is not recorded"
            );
        }
    }

    /// The one line that `write` logs, in the format of a deployment's log.
    fn logged(write: impl FnOnce()) -> Value {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_target(false)
            .without_time()
            .with_writer(std::sync::Mutex::new(writer))
            .finish();
        tracing::subscriber::with_default(subscriber, write);
        serde_json::from_reader(reader).expect("a line of JSON")
    }
}
