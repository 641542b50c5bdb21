//! Whatever a tool does, it ends in time with a result.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use tokio::time::{Instant, timeout};

use longwire_core::tool::ToolOutcome;

/// What a tool call came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// How it went: success or error.
    pub outcome: ToolOutcome,
    /// What the model is told.
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

/// Runs a tool's work: a failure, a panic and a time limit that passed are results. Dropping the future drops
/// the work. The log says which tool ran, how it went and how long it took; never what it was asked or said.
pub async fn guard(
    name: &str,
    limit: Duration,
    work: impl Future<Output = Result<String, String>>,
) -> Output {
    let began = Instant::now();
    let output = match timeout(limit, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(Ok(content))) => Output {
            outcome: ToolOutcome::Success,
            content,
        },
        Ok(Ok(Err(reason))) => Output::failed(reason),
        Ok(Err(panic)) => {
            tracing::error!(tool = name, panic = said(&*panic), "a tool panicked");
            Output::failed("The tool failed unexpectedly.")
        }
        Err(_) => Output::failed(format!("The tool did not answer within {limit:?}.")),
    };
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    // Deployments count tools by this line (terraform/modules/alarms/metrics.tf).
    tracing::info!(event = "tool_finished", tool = name, outcome = ?output.outcome, ms, "a tool ran");
    output
}

/// What a panic said, as far as it is text.
fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("not text")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::sync::Arc;

    const LIMIT: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn answers_failures_and_panics_are_results() {
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
    async fn the_log_says_what_deployments_count() {
        let recorded = include_str!("../../../terraform/modules/alarms/tests/worker.jsonl");
        let tools: Vec<Value> = recorded
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .filter(|line: &Value| line["fields"]["event"] == "tool_finished")
            .collect();
        assert!(!tools.is_empty(), "no tool was recorded");
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

    /// The one line that this writes, in the format of a deployment's logs.
    async fn logged(work: impl Future) -> Value {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_target(false)
            .without_time()
            .with_writer(std::sync::Mutex::new(writer))
            .finish();
        // Dropped before the pipe is read: that ends it.
        let default = tracing::subscriber::set_default(subscriber);
        work.await;
        drop(default);
        serde_json::from_reader(reader).expect("a line of JSON")
    }

    #[tokio::test(start_paused = true)]
    async fn slow_work_ends_at_its_limit_and_is_dropped() {
        let held = Arc::new(());
        let work = {
            let held = Arc::clone(&held);
            async move {
                std::future::pending::<()>().await;
                drop(held);
                Ok(String::new())
            }
        };
        let began = Instant::now();
        let output = guard("t", LIMIT, work).await;
        assert_eq!(
            output,
            Output::failed("The tool did not answer within 10s.")
        );
        assert_eq!(began.elapsed().as_secs(), 10);
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
