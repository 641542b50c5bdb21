//! Deleting all items of a thread under a prefix.

use std::time::Duration;

use aws_sdk_dynamodb::types::{Delete, DeleteRequest, TransactWriteItem, WriteRequest};
use backon::{ExponentialBuilder, RetryableWithContext};
use longwire_core::thread_key::ThreadKey;

use crate::error::StoreError;
use crate::item::Item;
use crate::retry::with_jitter;
use crate::threads::Threads;
use crate::threads::transact::{Transacted, delete_item};

/// Most keys per query. A query also ends after 1 MB of the items behind them.
const PAGE: i32 = 500;

/// Most items that one request deletes (DynamoDB, "BatchWriteItem").
const BATCH: usize = 25;

/// Most items that one transaction deletes: 4 MB in all (DynamoDB, "TransactWriteItems"), of 400 KB each.
const TRANSACTION: usize = 10;

/// Tries of one batch until it fails. DynamoDB leaves items of a batch unprocessed when it throttles writes.
const BATCH_TRIES: usize = 8;

impl Threads {
    /// Deletes all items of a thread whose sort keys begin with `prefix`, and counts them. With a condition on another item,
    /// it deletes them only while the condition holds.
    pub(super) async fn delete_all(
        &self,
        key: &ThreadKey,
        prefix: &str,
        condition: Option<&TransactWriteItem>,
    ) -> Result<usize, StoreError> {
        let (mut deleted, mut from) = (0, None);
        loop {
            let query = self
                .query_prefix(key, prefix)
                .consistent_read(true)
                .projection_expression("#thread, #item")
                .limit(PAGE)
                .set_exclusive_start_key(from);
            let output = with_jitter(|| async { Ok(query.clone().send().await?) }).await?;
            let found = output.items.unwrap_or_default();
            deleted += match condition {
                Some(condition) => self.delete_if(condition, &found).await?,
                None => self.delete_each(&found).await?,
            };
            from = output.last_evaluated_key;
            if from.is_none() {
                return Ok(deleted);
            }
        }
    }

    async fn delete_each(&self, items: &[Item]) -> Result<usize, StoreError> {
        for batch in items.chunks(BATCH) {
            self.delete_batch(batch).await?;
        }
        Ok(items.len())
    }

    /// Deletes items while a condition on another item holds, and counts those that it deletes.
    async fn delete_if(
        &self,
        condition: &TransactWriteItem,
        items: &[Item],
    ) -> Result<usize, StoreError> {
        let mut deleted = 0;
        for few in items.chunks(TRANSACTION) {
            let mut parts = vec![condition.clone()];
            for item in few {
                let delete = Delete::builder().table_name(&self.table);
                parts.push(delete_item(delete.set_key(Some(item.clone())))?);
            }
            match self.transact(&parts).await? {
                Transacted::Done => deleted += few.len(),
                Transacted::ConditionFailed { .. } => break,
            }
        }
        Ok(deleted)
    }

    /// Deletes up to 25 items, and what DynamoDB left unprocessed again with growing pauses.
    async fn delete_batch(&self, keys: &[Item]) -> Result<(), StoreError> {
        let requests = keys.iter().map(delete).collect::<Result<_, _>>()?;
        let pauses = ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(100))
            .with_max_delay(Duration::from_secs(5))
            .with_max_times(BATCH_TRIES - 1)
            .with_jitter();
        let send = |requests| self.send_batch(requests);
        let retried = send.retry(pauses).context(requests);
        let (_, sent) = retried.when(StoreError::retryable).await;
        sent
    }

    /// Sends the requests once and returns those that are left, which are all of them after an error.
    async fn send_batch(
        &self,
        requests: Vec<WriteRequest>,
    ) -> (Vec<WriteRequest>, Result<(), StoreError>) {
        let batch = self.client.batch_write_item();
        let sent = batch.request_items(&self.table, requests.clone()).send();
        let unprocessed = match sent.await {
            Ok(output) => output.unprocessed_items.unwrap_or_default(),
            Err(error) => return (requests, Err(error.into())),
        };
        let left: Vec<_> = unprocessed.into_values().flatten().collect();
        let result = match left.len() {
            0 => Ok(()),
            number => Err(StoreError::Unavailable(format!(
                "{number} items of a batch were not deleted"
            ))),
        };
        (left, result)
    }
}

fn delete(key: &Item) -> Result<WriteRequest, StoreError> {
    let request = DeleteRequest::builder()
        .set_key(Some(key.clone()))
        .build()?;
    Ok(WriteRequest::builder().delete_request(request).build())
}
