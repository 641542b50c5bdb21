//! Finishes a run: its end is stored, the run queue advances, and only then the last event is posted.

use longwire_core::message::{Message, Usage};
use longwire_core::run::RunEnd;
use longwire_protocol::event::{Event, ModelUsage, RunOutcome};
use longwire_protocol::numbered::{Annotations, Draft};
use longwire_store::threads::lease::{Ended, RunLease};
use longwire_stream::sink::EventSink;
use serde_json::json;

use crate::AttemptError;
use crate::attempt::Attempt;
use crate::supervisor::Supervisor;
use crate::writer::{Writer, messages_ttl};

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
        let mut end = end;
        loop {
            let usage = writer.usage_with(messages);
            let usage = model_usage(&self.runner.settings.model_id, usage);
            let batch = events.close(last_event(&self.lease, end, usage)).await?;
            match writer.end(messages, &batch, end).await? {
                Ended::CancelRequested(reason) => end = RunEnd::Cancelled(reason),
                Ended::Done | Ended::Lost => return Ok(end),
            }
        }
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
    // Each in its word on the wire; absent ones are left out of the line.
    let words = json!({ "status": end.status(), "reason": end.reason(), "code": end.code() });
    let word = |name: &str| words[name].as_str();
    tracing::info!(
        event = "run_ended",
        status = word("status"),
        reason = word("reason"),
        code = word("code"),
        "the run ended"
    );
}

/// Last event of a run: RUN_FINISHED or RUN_ERROR.
pub(crate) fn last_event(lease: &RunLease, end: RunEnd, usage: Vec<ModelUsage>) -> Draft {
    let outcome = match end {
        RunEnd::Finished => RunOutcome::Success,
        RunEnd::Cancelled(_) => RunOutcome::Cancelled,
        RunEnd::Failed(code) => {
            let event = Event::RunError {
                message: code.message().to_owned(),
                code,
            };
            return event.annotated(Annotations {
                retryable: Some(code.retryable()),
                ..Annotations::default()
            });
        }
    };
    let event = Event::RunFinished {
        thread_id: lease.key.thread_id.clone(),
        run_id: lease.run_id.clone(),
        outcome,
        usage,
    };
    event.annotated(Annotations {
        reason: end.reason(),
        ..Annotations::default()
    })
}

/// Usage as AG-UI counts it: tokens of the prompt cache are part of the input. Empty for a run that called no model.
fn model_usage(model: &str, usage: Usage) -> Vec<ModelUsage> {
    if usage == Usage::default() {
        return Vec::new();
    }
    let input_tokens =
        usage.input_tokens + usage.cache_read_input_tokens + usage.cache_write_input_tokens;
    let some = |count: u64| (count > 0).then_some(count);
    vec![ModelUsage {
        provider: "bedrock".to_owned(),
        model: model.to_owned(),
        input_tokens,
        cached_input_tokens: some(usage.cache_read_input_tokens),
        cache_write_input_tokens: some(usage.cache_write_input_tokens),
        output_tokens: usage.output_tokens,
        total_tokens: input_tokens + usage.output_tokens,
    }]
}

#[cfg(test)]
mod tests {
    use longwire_core::run::{CancelReason, RunErrorCode};
    use serde_json::Value;

    use super::*;

    #[test]
    fn tokens_of_the_prompt_cache_are_part_of_the_input() {
        let usage = Usage {
            input_tokens: 10,
            output_tokens: 5,
            total_tokens: 15,
            cache_read_input_tokens: 100,
            cache_write_input_tokens: 0,
        };
        let [told] = model_usage("m", usage).try_into().expect("one model");
        assert_eq!((told.input_tokens, told.total_tokens), (110, 115));
        assert_eq!(
            (told.cached_input_tokens, told.cache_write_input_tokens),
            (Some(100), None)
        );
        assert!(model_usage("m", Usage::default()).is_empty());
    }

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
