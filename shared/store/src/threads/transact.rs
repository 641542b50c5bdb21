//! Transactions over items of a thread.

use aws_sdk_dynamodb::types::builders::{DeleteBuilder, PutBuilder};
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use longwire_core::thread_key::ThreadKey;
use serde::Serialize;
use serde_dynamo::aws_sdk_dynamodb_1::to_item;

use crate::error::StoreError;
use crate::threads::Threads;
use crate::threads::keys;
use crate::transact::{Transacted, transact};

impl Threads {
    /// Writes all of `items` or none, and retries with jitter.
    pub(super) async fn transact(
        &self,
        items: &[TransactWriteItem],
    ) -> Result<Transacted, StoreError> {
        transact(&self.client, items).await
    }

    /// Prepares a put of an item of a thread.
    pub(super) fn put(
        &self,
        key: &ThreadKey,
        sort: String,
        body: impl Serialize,
    ) -> Result<PutBuilder, StoreError> {
        let mut item = keys::item(key, sort);
        item.extend(to_item(body)?);
        Ok(Put::builder().table_name(&self.table).set_item(Some(item)))
    }

    /// Prepares a delete of an item of a thread.
    pub(super) fn delete(&self, key: &ThreadKey, sort: String) -> DeleteBuilder {
        Delete::builder()
            .table_name(&self.table)
            .set_key(Some(keys::item(key, sort)))
    }
}
