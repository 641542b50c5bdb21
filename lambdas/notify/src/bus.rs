//! Event bus of the deployment.

use std::time::Duration;

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use backon::{BackoffBuilder, ExponentialBuilder};
use longwire_core::error_chain::error_chain;
use tokio::time::{Instant, sleep, timeout_at};

use crate::event::{RunEvent, SOURCE};

/// Most entries of one request (Amazon EventBridge API reference, "PutEvents").
const MAX_ENTRIES: usize = 10;

/// Pauses before entries that were not accepted are put again.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Number of such repetitions.
const REPETITIONS: usize = 3;

/// Event bus.
#[derive(Debug, Clone)]
pub(crate) struct Bus {
    client: Client,
    /// Name of the bus, which is that of the deployment.
    name: String,
}

/// Entry for the bus, with the number of the stream record that it is from.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Sequence number of the record.
    pub(crate) sequence: String,
    /// Run, for the log.
    run: String,
    entry: PutEventsRequestEntry,
}

/// Entry that the bus did not accept.
#[derive(Debug)]
pub(crate) struct NotPut {
    /// Sequence number of the record.
    pub(crate) sequence: String,
    /// Reason.
    pub(crate) error: String,
}

impl Bus {
    /// Wraps a client and the name of the bus.
    pub(crate) fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// Name of the deployment.
    pub(crate) fn deployment(&self) -> &str {
        &self.name
    }

    /// Makes the entry of an event.
    pub(crate) fn entry(
        &self,
        sequence: String,
        run: String,
        event: &RunEvent<'_>,
    ) -> serde_json::Result<Entry> {
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(SOURCE)
            .detail_type(event.kind)
            .detail(serde_json::to_string(event)?);
        Ok(Entry {
            sequence,
            run,
            entry: entry.build(),
        })
    }

    /// Puts events, and puts those again that were not accepted, until `ends_at` at the latest. Returns those that the bus
    /// did not accept. Some of them may be on the bus all the same: a response can be lost.
    pub(crate) async fn put(&self, entries: Vec<Entry>, ends_at: Instant) -> Vec<NotPut> {
        let mut failures = Vec::new();
        for entries in entries.chunks(MAX_ENTRIES) {
            failures.append(&mut self.put_some(entries.to_vec(), ends_at).await);
        }
        failures
    }

    async fn put_some(&self, mut entries: Vec<Entry>, ends_at: Instant) -> Vec<NotPut> {
        let pauses = ExponentialBuilder::new()
            .with_min_delay(FIRST_PAUSE)
            .with_max_delay(LONGEST_PAUSE)
            .with_max_times(REPETITIONS)
            .with_jitter();
        let mut pauses = pauses.build();
        loop {
            let put = timeout_at(ends_at, Box::pin(self.put_once(&entries))).await;
            let errors = match put {
                Ok(errors) => errors,
                Err(_) => vec![Some("no time is left".to_owned()); entries.len()],
            };
            let failed = entries.into_iter().zip(errors);
            let failed: Vec<_> = failed
                .filter_map(|(entry, error)| Some((entry, error?)))
                .collect();
            let pause = pauses
                .next()
                .filter(|pause| Instant::now() + *pause < ends_at);
            let (Some(pause), false) = (pause, failed.is_empty()) else {
                let not_put = failed.into_iter().map(|(entry, error)| NotPut {
                    sequence: entry.sequence,
                    error: format!("{}: {error}", entry.run),
                });
                return not_put.collect();
            };
            sleep(pause).await;
            entries = failed.into_iter().map(|(entry, _)| entry).collect();
        }
    }

    /// Puts events once. Returns an error for each entry that was not accepted, in the order of the entries. A request that
    /// succeeds may contain such entries ("Handling failures with PutEvents").
    async fn put_once(&self, entries: &[Entry]) -> Vec<Option<String>> {
        let requests = entries.iter().map(|entry| entry.entry.clone());
        let request = self
            .client
            .put_events()
            .set_entries(Some(requests.collect()));
        match request.send().await {
            Ok(output) => {
                let results = output.entries.unwrap_or_default();
                (0..entries.len())
                    .map(|at| refusal(results.get(at)))
                    .collect()
            }
            Err(error) => vec![Some(error_chain(&error)); entries.len()],
        }
    }
}

/// Reason for which an entry was not accepted. An entry without a result counts as not accepted.
fn refusal(result: Option<&PutEventsResultEntry>) -> Option<String> {
    let Some(result) = result else {
        return Some("the response lacks the entry".to_owned());
    };
    match (result.event_id(), result.error_code()) {
        (Some(_), None) => None,
        (_, code) => {
            let (code, message) = (code.unwrap_or("no id"), result.error_message());
            Some(format!("{code}: {}", message.unwrap_or_default()))
        }
    }
}
