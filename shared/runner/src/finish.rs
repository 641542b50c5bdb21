//! Finishes a run: its end is stored, the run queue advances, and only then the last event is posted.

use longwire_core::message::Message;
use longwire_core::run::RunEnd;
use longwire_protocol::run_events::{model_usage, run_ended};
use longwire_store::threads::lease::{Ended, RunLease};
use longwire_stream::sink::EventSink;
use serde_json::json;

use crate::attempt::Attempt;
use crate::error::AttemptError;
use crate::supervisor::Supervisor;
use crate::writer::{Writer, messages_ttl};

/// Most commits of one end: as it came out, and as the cancellation that was requested before.
const MAX_COMMITS: usize = 2;

impl Attempt<'_> {
    /// Finishes the run with this end and the messages that are not stored yet.
    ///
    /// A client that reads the last event may prompt at once, so the run queue advances before it is posted. When that
    /// fails, the event is posted all the same, and the job comes back to advance the queue.
    pub(crate) async fn finish(
        &self,
        events: &EventSink,
        writer: &mut Writer<'_>,
        supervisor: &mut Supervisor<'_>,
        end: RunEnd,
        messages: &[Message],
    ) -> Result<(), AttemptError> {
        let end = self.commit_end(events, writer, end, messages).await?;
        log(end);
        let advanced = self
            .runner
            .advance(&self.lease.key, &self.lease.run_id)
            .await;
        supervisor.attach_latecomers().await?;
        events.release().await?;
        let timeout = self
            .deadlines
            .within_invocation(self.runner.drain_timeout());
        tokio::join!(
            events.drained(timeout),
            writer.extend_visibility(),
            self.extend_messages()
        );
        advanced
    }

    /// Stores the end of the run with its last messages and events. Returns the end as stored: a cancellation that was
    /// requested before counts, even when the answer was complete.
    pub async fn commit_end(
        &self,
        events: &EventSink,
        writer: &mut Writer<'_>,
        end: RunEnd,
        messages: &[Message],
    ) -> Result<RunEnd, AttemptError> {
        let RunLease { key, run_id, .. } = &self.lease;
        let mut end = end;
        for _ in 0..MAX_COMMITS {
            let usage = writer.usage_with(messages);
            let usage = model_usage(&self.runner.settings.model_id, usage);
            let last = run_ended(&key.thread_id, run_id, end, usage);
            let batch = events.close(last).await?;
            match writer.end(messages, &batch, end).await? {
                Ended::CancelRequested(reason) => end = RunEnd::Cancelled(reason),
                Ended::Done => return Ok(end),
                Ended::Lost => return Err(AttemptError::not_owner()),
            }
        }
        let error = "a cancelled end gave way to a cancellation".to_owned();
        Err(AttemptError::LeaseLost(error))
    }

    /// Extends the messages of a thread in use: none that was loaded may expire before the thread. A failure costs
    /// nothing yet, because the end of the next run tries again.
    async fn extend_messages(&self) {
        let Some(thread_ttl) = self.runner.settings.thread_ttl else {
            return;
        };
        let now = self.runner.now();
        let expires_early =
            |ttl: Option<u64>| ttl.is_some_and(|ttl| ttl < now + thread_ttl.as_secs());
        let stored = self.history.messages.iter();
        let old: Vec<_> = stored
            .filter(|stored| expires_early(stored.ttl))
            .cloned()
            .collect();
        let ttl = messages_ttl(now, thread_ttl);
        if let Err(error) = self.lease.threads.prolong(&self.lease.key, &old, ttl).await {
            tracing::warn!(
                event = "ttl_extension_failed",
                %error,
                "the messages of the thread were not extended"
            );
        }
    }
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
