//! How a run ends: the end is committed, the line moves on, and only then the clients are told.

use longwire_agent::outcome::Outcome;
use longwire_core::message::{Message, Usage};
use longwire_core::run::CancelReason;
use longwire_core::run::RunErrorCode;
use longwire_core::run::RunStatus;
use longwire_protocol::event::{Event, ModelUsage, RunOutcome};
use longwire_protocol::numbered::{Annotations, Draft};
use longwire_store::threads::lease::{Ended, RunLease};
use longwire_store::threads::transition::End;
use serde_json::json;

use crate::advance::move_on;
use crate::running::{Lost, Running};
use crate::supervisor::Watch;
use crate::writer::{Writer, messages_ttl};
use longwire_core::clock;

/// Ends the run as it came out.
pub(crate) async fn end(
    running: &Running<'_>,
    writer: &mut Writer<'_>,
    watch: &mut Watch<'_>,
    result: Result<(Outcome, Vec<Message>), RunErrorCode>,
) -> Result<(), Lost> {
    let Running {
        deps,
        taken,
        fence,
        lines,
    } = running;
    let (mut last, messages) = match result {
        Ok((outcome, messages)) => (Last::of(outcome), messages),
        Err(code) => (Last::Failed(code), Vec::new()),
    };
    if let Ended::CancelRequested(reason) = commit(running, writer, &last, &messages).await? {
        // The cancel came first: the run is cancelled, although its answer was complete.
        last = Last::Cancelled(reason);
        commit(running, writer, &last, &messages).await?;
    }
    last.log();
    // A client that reads the end may prompt at once, so the line moves on first; if that fails, the end is
    // told all the same, and the message comes back to move it on.
    let moved = move_on(deps, &fence.key, taken.delivery.job).await;
    watch.serve_latecomers().await?;
    lines.release().await?;
    let told = lines.drained(taken.time.at_most(deps.settings.patience()));
    let told = watch.while_serving(told);
    tokio::join!(told, writer.hide(), keep_history(running));
    moved.map_err(|error| Lost(format!("{error:#}")))
}

/// A thread in use keeps its messages: none that was loaded is forgotten before the thread itself. A failure
/// costs nothing yet; the next run's end tries again.
async fn keep_history(
    Running {
        deps, taken, fence, ..
    }: &Running<'_>,
) {
    let Some(keep) = deps.settings.thread_ttl else {
        return;
    };
    let now = clock::unix_seconds();
    let too_early = |ttl: Option<u64>| ttl.is_some_and(|ttl| ttl < now + keep.as_secs());
    let messages = &taken.start.history.messages;
    let old: Vec<_> = messages
        .iter()
        .filter(|stored| too_early(stored.ttl))
        .cloned()
        .collect();
    let ttl = messages_ttl(now, keep);
    if let Err(fault) = fence.threads.prolong(&fence.key, &old, ttl).await {
        tracing::warn!(%fault, "the thread's messages could not be kept longer");
    }
}

/// How the run ends, in the words of its row and its last line.
enum Last {
    Answered,
    Cancelled(CancelReason),
    Failed(RunErrorCode),
}

impl Last {
    fn of(ending: Outcome) -> Self {
        match ending {
            Outcome::Answered | Outcome::Truncated | Outcome::Refused => Self::Answered,
            Outcome::OutOfSteps => Self::Cancelled(CancelReason::MaxSteps),
            Outcome::Cancelled(reason) => Self::Cancelled(reason),
        }
    }

    fn end(&self) -> End {
        let (status, reason) = match self {
            Self::Answered => (RunStatus::Finished, None),
            Self::Cancelled(reason) => (RunStatus::Cancelled, Some(*reason)),
            Self::Failed(_) => (RunStatus::Failed, None),
        };
        End {
            status,
            reason,
            at: clock::unix_seconds(),
        }
    }

    /// Once it is stored, and so once for each run: deployments count runs by this line
    /// (`terraform/modules/alarms/metrics.tf`).
    fn log(&self) {
        let End { status, reason, .. } = self.end();
        let code = match self {
            Self::Failed(code) => Some(code),
            Self::Answered | Self::Cancelled(_) => None,
        };
        // Each in the wire's word for it; what there is not is left out of the line.
        let words = json!({ "status": status, "reason": reason, "code": code });
        let word = |name: &str| words[name].as_str();
        tracing::info!(
            event = "run_ended",
            status = word("status"),
            reason = word("reason"),
            code = word("code"),
            "the run ended"
        );
    }

    fn draft(&self, fence: &RunLease, usage: Vec<ModelUsage>) -> Draft {
        let (outcome, reason) = match self {
            Self::Answered => (RunOutcome::Success, None),
            Self::Cancelled(reason) => (RunOutcome::Cancelled, Some(*reason)),
            Self::Failed(code) => {
                let event = Event::RunError {
                    message: code.message().to_owned(),
                    code: *code,
                };
                return event.annotated(Annotations {
                    retryable: Some(code.retryable()),
                    ..Annotations::default()
                });
            }
        };
        let thread_id = fence.key.thread_id.clone();
        let event = Event::RunFinished {
            thread_id,
            run_id: fence.run_id.clone(),
            outcome,
            usage,
        };
        event.annotated(Annotations {
            reason,
            ..Annotations::default()
        })
    }
}

/// The last line of a run that was cancelled before it cost anything.
pub(crate) fn cancelled(fence: &RunLease, reason: CancelReason) -> Draft {
    Last::Cancelled(reason).draft(fence, Vec::new())
}

async fn commit(
    running: &Running<'_>,
    writer: &mut Writer<'_>,
    last: &Last,
    messages: &[Message],
) -> Result<Ended, Lost> {
    let Running {
        deps, fence, lines, ..
    } = running;
    let usage = writer.usage_with(messages);
    let batch = lines
        .close(last.draft(fence, model_usage(&deps.settings.model_id, usage)))
        .await?;
    writer.end(messages, &batch, last.end()).await
}

/// Tokens as AG-UI counts them: those of the cache are part of the input.
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
    use super::*;
    use serde_json::Value;

    #[test]
    fn the_caches_tokens_are_part_of_the_input() {
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
        assert!(
            model_usage("m", Usage::default()).is_empty(),
            "a run that asked nobody cost nothing"
        );
    }

    #[test]
    fn a_limit_of_ours_is_a_cancellation_and_no_error() {
        let last = |ending| Last::of(ending).end();
        assert_eq!(last(Outcome::OutOfSteps).status, RunStatus::Cancelled);
        assert_eq!(
            last(Outcome::OutOfSteps).reason,
            Some(CancelReason::MaxSteps)
        );
        assert_eq!(
            last(Outcome::Cancelled(CancelReason::Timeout)).reason,
            Some(CancelReason::Timeout)
        );
        for ending in [Outcome::Answered, Outcome::Truncated, Outcome::Refused] {
            assert_eq!(last(ending).status, RunStatus::Finished, "{ending:?}");
        }
    }

    /// The lines that `terraform/modules/alarms` counts, as a worker wrote them on a local stack.
    const COUNTED: &str = include_str!("../../../terraform/modules/alarms/tests/worker.jsonl");

    #[test]
    fn the_log_says_what_the_alarms_count() {
        let recorded: Vec<Value> = COUNTED
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        for last in [
            Last::Answered,
            Last::Cancelled(CancelReason::ClientGone),
            Last::Failed(RunErrorCode::ModelInvalidRequest),
        ] {
            let written = logged(|| last.log());
            let same = |line: &&Value| {
                line["level"] == written["level"] && line["fields"] == written["fields"]
            };
            assert!(
                recorded.iter().any(|line| same(&line)),
                "{written} is not recorded"
            );
        }
    }

    /// The one line that this writes, in the format of a deployment's logs.
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
