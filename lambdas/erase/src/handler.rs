//! From a batch of stream records to a record to a former generation.

use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use aws_lambda_events::dynamodb::{Event, EventRecord};
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use lambda_runtime::{Context, LambdaEvent};
use longwire_core::clock::unix_seconds;
use longwire_store::threads::Threads;
use longwire_store::threads::erase::Erased;
use longwire_store::threads::former_generation::{Change, FormerGeneration};
use tokio::time::{Instant, timeout_at};

/// Time that an invocation keeps for its response.
const RESPONSE_MARGIN: Duration = Duration::from_secs(2);

/// Erases the generations that the records ended. A record that failed, or for which no time was left, is reported, so
/// that Lambda sends it again with all records after it (Lambda, "Configuring partial batch response with DynamoDB").
pub(crate) async fn handle(threads: &Threads, event: LambdaEvent<Event>) -> DynamoDbEventResponse {
    let ends_at = Instant::now() + time_left(&event.context);
    let mut response = DynamoDbEventResponse::default();
    for record in event.payload.records {
        let sequence = record.change.sequence_number.clone().unwrap_or_default();
        let Err(error) = handle_record(threads, record, ends_at).await else {
            continue;
        };
        tracing::error!(
            event = "erase_failed",
            sequence = %sequence,
            error = format!("{error:#}"),
            "a record of the stream is sent again"
        );
        let mut failure = DynamoDbBatchItemFailure::default();
        failure.item_identifier = Some(sequence);
        response.batch_item_failures.push(failure);
        if Instant::now() >= ends_at {
            break;
        }
    }
    response
}

/// Erases the generation that this record ended, if it ended one.
async fn handle_record(threads: &Threads, record: EventRecord, ends_at: Instant) -> Result<()> {
    let change = Change {
        keys: record.change.keys,
        before: record.change.old_image,
        after: record.change.new_image,
    };
    let former = change.former_generation().context("reading the record")?;
    let Some(former) = former else {
        return Ok(());
    };
    let FormerGeneration { key, generation } = &former;
    let named = || format!("erasing generation {generation} of {}", key.partition());
    let erased = timeout_at(ends_at, threads.erase(&former, unix_seconds()));
    match erased.await.with_context(named)?.with_context(named)? {
        Erased::Done { items } => {
            tracing::info!(
                event = "generation_erased",
                thread = %key.thread_id,
                generation,
                items,
                "the items of a former generation are deleted"
            );
        }
        Erased::Current => {
            tracing::warn!(
                event = "erase_skipped",
                thread = %key.thread_id,
                generation,
                "the thread was restored from a backup; its items are kept"
            );
        }
    }
    Ok(())
}

fn time_left(context: &Context) -> Duration {
    let left = context.deadline().duration_since(SystemTime::now());
    left.unwrap_or_default().saturating_sub(RESPONSE_MARGIN)
}
