//! Limits of a tool call: every call ends in time with a result.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use longwire_core::tool::ToolOutcome;
use tokio::time::{Instant, timeout};

/// Output of a tool call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Outcome of the call.
    pub outcome: ToolOutcome,
    /// Text for the model.
    pub content: String,
}

impl Output {
    fn failed(content: impl Into<String>) -> Self {
        Self {
            outcome: ToolOutcome::Error,
            content: content.into(),
        }
    }
}

/// Runs the work of a call. A failure, a panic and an exceeded time limit become results. Dropping the future
/// drops the work. Logs the tool, its outcome and its duration, but neither arguments nor result.
pub(crate) async fn guard(
    name: &str,
    limit: Duration,
    work: impl Future<Output = Result<String, String>>,
) -> Output {
    let started = Instant::now();
    let output = match timeout(limit, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(Ok(content))) => Output {
            outcome: ToolOutcome::Success,
            content,
        },
        Ok(Ok(Err(reason))) => Output::failed(reason),
        Ok(Err(panic)) => {
            tracing::error!(
                event = "tool_panicked",
                tool = name,
                panic = message(&*panic),
                "a tool panicked"
            );
            Output::failed("The tool failed unexpectedly.")
        }
        Err(_) => Output::failed(format!("The tool did not answer within {limit:?}.")),
    };
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    // A metric filter counts this event (terraform/modules/alarms/metrics.tf).
    tracing::info!(event = "tool_finished", tool = name, outcome = ?output.outcome, ms, "a tool ran");
    output
}

/// Message of a panic.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("not text")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::Value;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn failures_and_panics_become_results() {
        let output = guard("t", LIMIT, async { Ok("fine".to_owned()) }).await;
        assert_eq!(
            (output.outcome, output.content.as_str()),
            (ToolOutcome::Success, "fine")
        );
        let output = guard("t", LIMIT, async { Err("no".to_owned()) }).await;
        assert_eq!(output, Output::failed("no"));
        let output = guard("t", LIMIT, async { panic!("{}", "secret") }).await;
        assert_eq!(output, Output::failed("The tool failed unexpectedly."));
    }

    #[tokio::test]
    async fn the_log_has_the_events_that_metric_filters_match() {
        let recorded = include_str!("../../../terraform/modules/alarms/tests/worker.jsonl");
        let tools: Vec<Value> = recorded
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .filter(|line: &Value| line["fields"]["event"] == "tool_finished")
            .collect();
        assert!(!tools.is_empty(), "a tool_finished event is recorded");
        for line in tools {
            let outcome = match line["fields"]["outcome"].as_str() {
                Some("Success") => Ok(String::new()),
                _ => Err(String::new()),
            };
            let name = line["fields"]["tool"].as_str().expect("a name");
            let mut written = logged(guard(name, LIMIT, async { outcome })).await;
            assert!(line["fields"]["ms"].is_u64() && written["fields"]["ms"].is_u64());
            written["fields"]["ms"] = line["fields"]["ms"].clone();
            assert_eq!(written["fields"], line["fields"]);
        }
    }

    /// Log line that the work writes, in the format of a deployment.
    async fn logged(work: impl Future) -> Value {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_target(false)
            .without_time()
            .with_writer(std::sync::Mutex::new(writer))
            .finish();
        // Dropped before the pipe is read, so that the reader finds its end.
        let default = tracing::subscriber::set_default(subscriber);
        work.await;
        drop(default);
        serde_json::from_reader(reader).expect("a line of JSON")
    }

    #[tokio::test(start_paused = true)]
    async fn work_is_dropped_at_its_time_limit() {
        let held = Arc::new(());
        let work = {
            let held = Arc::clone(&held);
            async move {
                std::future::pending::<()>().await;
                drop(held);
                Ok(String::new())
            }
        };
        let started = Instant::now();
        let output = guard("t", LIMIT, work).await;
        assert_eq!(
            output,
            Output::failed("The tool did not answer within 10s.")
        );
        assert_eq!(started.elapsed().as_secs(), 10);
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
