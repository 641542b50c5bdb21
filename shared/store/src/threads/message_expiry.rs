//! Removing the expiry of messages that were written before 0.1.0.
//!
//! Each message had an expiry of its own, and only that of the loaded ones was moved, so that DynamoDB deleted old messages
//! of threads in use. A message lives as long as its thread.

use aws_sdk_dynamodb::types::AttributeValue;
use futures::stream::{self, StreamExt, TryStreamExt};
use longwire_core::thread_key::ThreadKey;

use crate::error::StoreError;
use crate::threads::Threads;
use crate::threads::keys::{self, SORT};
use crate::update::held;

/// Most messages that one call changes. The next call continues.
const MAX_MESSAGES: usize = 100;

/// Pages of 1 MB that one call reads at most.
const MAX_PAGES: usize = 20;

/// Writes that are sent at the same time.
const PARALLEL: usize = 10;

impl Threads {
    /// Removes the expiry of up to 100 messages of a generation, oldest first, so that the newest ones tell whether the
    /// work is complete.
    pub async fn remove_message_expiry(
        &self,
        key: &ThreadKey,
        generation: u64,
    ) -> Result<(), StoreError> {
        let expiring = self.expiring_messages(key, generation).await?;
        stream::iter(expiring)
            .map(|sort| self.remove_expiry(key, sort))
            .buffer_unordered(PARALLEL)
            .try_collect()
            .await
    }

    /// Finds sort keys of messages with an expiry, oldest first.
    async fn expiring_messages(
        &self,
        key: &ThreadKey,
        generation: u64,
    ) -> Result<Vec<AttributeValue>, StoreError> {
        let mut pages = self
            .query_prefix(key, &keys::messages(generation))
            .scan_index_forward(true)
            .filter_expression("attribute_exists(#ttl)")
            .projection_expression("#item")
            .expression_attribute_names("#ttl", "ttl")
            .into_paginator()
            .send();
        let mut found = Vec::new();
        for _ in 0..MAX_PAGES {
            let Some(page) = pages.next().await else {
                break;
            };
            let items = page?.items.unwrap_or_default().into_iter();
            found.extend(items.filter_map(|mut item| item.remove(SORT)));
            if found.len() >= MAX_MESSAGES {
                break;
            }
        }
        found.truncate(MAX_MESSAGES);
        Ok(found)
    }

    /// Removes the expiry of a message. One that was deleted stays deleted.
    async fn remove_expiry(&self, key: &ThreadKey, sort: AttributeValue) -> Result<(), StoreError> {
        let mut item = keys::item(key, "");
        item.insert(SORT.to_owned(), sort);
        let sent = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item))
            .update_expression("REMOVE #ttl")
            .condition_expression("attribute_exists(#item)")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_names("#item", SORT)
            .send()
            .await;
        held(sent.map_err(StoreError::from)).map(drop)
    }
}
