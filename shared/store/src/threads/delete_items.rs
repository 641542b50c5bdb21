//! Deleting all items of a thread under a prefix.

use aws_sdk_dynamodb::types::{Delete, DeleteRequest, TransactWriteItem, WriteRequest};
use longwire_core::thread_key::ThreadKey;

use crate::batch::{self, MAX_WRITE};
use crate::error::StoreError;
use crate::item::Item;
use crate::retry::with_jitter;
use crate::threads::Threads;
use crate::transact::{Transacted, delete_item};

/// Most keys per query. A query also ends after 1 MB of the items behind them.
const PAGE: i32 = 500;

/// Most items that one transaction deletes: 4 MB in all (DynamoDB, "TransactWriteItems"), of 400 KB each.
const TRANSACTION: usize = 10;

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
        for some in items.chunks(MAX_WRITE) {
            let requests = some.iter().map(delete).collect::<Result<_, _>>()?;
            batch::write(&self.client, &self.table, requests).await?;
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
}

fn delete(key: &Item) -> Result<WriteRequest, StoreError> {
    let request = DeleteRequest::builder()
        .set_key(Some(key.clone()))
        .build()?;
    Ok(WriteRequest::builder().delete_request(request).build())
}
