//! Requests for several items of one table. DynamoDB leaves some of them unprocessed when it throttles.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{KeysAndAttributes, WriteRequest};
use backon::{ExponentialBuilder, RetryableWithContext};

use crate::error::StoreError;
use crate::item::Item;

/// Most keys of one read (DynamoDB, "BatchGetItem").
pub(crate) const MAX_READ: usize = 100;

/// Most items of one write (DynamoDB, "BatchWriteItem").
pub(crate) const MAX_WRITE: usize = 25;

/// Tries of one batch until it fails.
const TRIES: usize = 8;

/// Puts or deletes up to 25 items, and those that are left unprocessed again with growing pauses.
pub(crate) async fn write(
    client: &Client,
    table: &str,
    requests: Vec<WriteRequest>,
) -> Result<(), StoreError> {
    let once = |requests: Vec<WriteRequest>| async move {
        let batch = client.batch_write_item();
        let sent = batch.request_items(table, requests.clone()).send();
        let left = match sent.await {
            Ok(output) => output.unprocessed_items.unwrap_or_default(),
            Err(error) => return (requests, Err(error.into())),
        };
        let left: Vec<_> = left.into_values().flatten().collect();
        let result = complete(left.len());
        (left, result)
    };
    let retried = once.retry(pauses()).context(requests);
    retried.when(StoreError::retryable).await.1
}

/// Reads up to 100 items consistently, and those that are left unprocessed again with growing pauses.
pub(crate) async fn read(
    client: &Client,
    table: &str,
    keys: Vec<Item>,
) -> Result<Vec<Item>, StoreError> {
    let once = |(mut items, keys): (Vec<Item>, Vec<Item>)| async move {
        match read_once(client, table, keys.clone()).await {
            Ok((found, left)) => {
                items.extend(found);
                let result = complete(left.len());
                ((items, left), result)
            }
            Err(error) => ((items, keys), Err(error)),
        }
    };
    let retried = once.retry(pauses()).context((Vec::new(), keys));
    let ((items, _), result) = retried.when(StoreError::retryable).await;
    result.map(|()| items)
}

/// Reads items once. Returns those that were found, and the keys that are left.
async fn read_once(
    client: &Client,
    table: &str,
    keys: Vec<Item>,
) -> Result<(Vec<Item>, Vec<Item>), StoreError> {
    let wanted = KeysAndAttributes::builder()
        .consistent_read(true)
        .set_keys(Some(keys))
        .build()?;
    let output = client.batch_get_item().request_items(table, wanted).send();
    let output = output.await?;
    let found = output.responses.unwrap_or_default().into_values();
    let left = output.unprocessed_keys.unwrap_or_default().into_values();
    Ok((
        found.flatten().collect(),
        left.flat_map(|keys| keys.keys).collect(),
    ))
}

fn complete(left: usize) -> Result<(), StoreError> {
    match left {
        0 => Ok(()),
        number => Err(StoreError::Unavailable(format!(
            "{number} items of a batch were not processed"
        ))),
    }
}

fn pauses() -> ExponentialBuilder {
    ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(100))
        .with_max_delay(Duration::from_secs(5))
        .with_max_times(TRIES - 1)
        .with_jitter()
}
