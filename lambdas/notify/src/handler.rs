//! From a batch of stream records to events on the bus.

use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use aws_lambda_events::dynamodb::{Event, EventRecord};
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use lambda_runtime::{Context, LambdaEvent};
use longwire_core::options::Notify;
use longwire_store::threads::ended_run::EndedRun;
use longwire_store::threads::former_generation::Change;
use tokio::time::{Instant, timeout_at};

use crate::bus::{Entry, NotPut};
use crate::deps::Deps;
use crate::event::RunEvent;

/// Time that an invocation keeps for its response.
const RESPONSE_MARGIN: Duration = Duration::from_secs(2);

/// Puts an event on the bus for each record of a run that has ended. A record whose event was not put is reported, so that
/// Lambda sends it again with all records after it (Lambda, "Configuring partial batch response with DynamoDB"); the events
/// of those are repeated with the same ids.
pub(crate) async fn handle(deps: &Deps, event: LambdaEvent<Event>) -> DynamoDbEventResponse {
    let ends_at = Instant::now() + time_left(&event.context);
    let (mut entries, mut failures) = (Vec::new(), Vec::new());
    for record in event.payload.records {
        let sequence = record.change.sequence_number.clone().unwrap_or_default();
        match entry(deps, record, &sequence, ends_at).await {
            Ok(entry) => entries.extend(entry),
            Err(error) => failures.push(NotPut {
                sequence,
                error: format!("{error:#}"),
            }),
        }
    }
    let put = entries.len();
    let mut not_put = deps.bus.put(entries, ends_at).await;
    let events = put - not_put.len();
    if events > 0 {
        tracing::info!(
            event = "runs_notified",
            events,
            "events about ended runs are on the bus"
        );
    }
    failures.append(&mut not_put);
    report(failures)
}

/// Makes the entry of a record; `None` for one of which there is no event.
async fn entry(
    deps: &Deps,
    record: EventRecord,
    sequence: &str,
    ends_at: Instant,
) -> Result<Option<Entry>> {
    let change = Change {
        keys: record.change.keys,
        before: record.change.old_image,
        after: record.change.new_image,
    };
    let Some(run) = change.ended_run().context("reading the record")? else {
        return Ok(None);
    };
    let named = || format!("run {} of {}", run.run_id, run.key.partition());
    let answer = timeout_at(ends_at, Box::pin(answer(deps, &run)));
    let answer = answer.await.with_context(named)?.with_context(named)?;
    let event = RunEvent::new(deps.bus.deployment(), &run, answer.as_deref());
    let entry = deps.bus.entry(sequence.to_owned(), named(), &event);
    Ok(Some(entry.with_context(named)?))
}

/// Text of the answer, if the client asked for it.
async fn answer(deps: &Deps, run: &EndedRun) -> Result<Option<String>> {
    match run.row.notify {
        Notify::None | Notify::Ids => Ok(None),
        Notify::Content => Ok(deps.threads.answer(run, deps.clock.unix_seconds()).await?),
    }
}

/// Logs and reports the records whose events were not put.
fn report(failures: Vec<NotPut>) -> DynamoDbEventResponse {
    let mut response = DynamoDbEventResponse::default();
    for NotPut { sequence, error } in failures {
        tracing::error!(
            event = "notify_failed",
            sequence = %sequence,
            error,
            "a record of the stream is sent again"
        );
        let mut failure = DynamoDbBatchItemFailure::default();
        failure.item_identifier = Some(sequence);
        response.batch_item_failures.push(failure);
    }
    response
}

fn time_left(context: &Context) -> Duration {
    let left = context.deadline().duration_since(SystemTime::now());
    left.unwrap_or_default().saturating_sub(RESPONSE_MARGIN)
}
