//! The reads by which a worker finds out: nobody can call a running function.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::types::KeysAndAttributes;

use crate::connections;
use crate::error::StoreError;
use crate::threads::Threads;
use crate::threads::item::{Item, read, s};
use crate::threads::keys;
use crate::threads::keys::SORT;
use crate::threads::run_queue::Meta;
use longwire_core::ids::{ConnectionId, RunId};
use longwire_core::run::{RunInput, RunRow};
use longwire_core::thread_key::ThreadKey;

/// What one control read found.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlRead {
    /// The run's row.
    pub row: Option<RunRow>,
    /// Those of the asked connections that have a row.
    pub present: HashSet<ConnectionId>,
}

impl Threads {
    /// A run's row, read consistently.
    pub async fn run_row(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
    ) -> Result<Option<RunRow>, StoreError> {
        self.get(key, keys::run(run_id)).await
    }

    /// The thread's own item, absent when it has expired by `now`, and the run's input, in one consistent read.
    pub async fn meta_and_input(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        now: u64,
    ) -> Result<(Option<Meta>, Option<RunInput>), StoreError> {
        let wanted = KeysAndAttributes::builder()
            .consistent_read(true)
            .keys(keys::item(key, keys::META))
            .keys(keys::item(key, keys::input(run_id)))
            .build()?;
        let request = self.client.batch_get_item();
        let output = request.request_items(&self.table, wanted).send().await?;
        let items = whole(output)?.remove(&self.table).unwrap_or_default();
        let (metas, inputs): (Vec<_>, Vec<_>) = items
            .into_iter()
            .partition(|item| item.get(SORT) == Some(&s(keys::META)));
        let meta: Option<Meta> = metas.into_iter().next().map(read).transpose()?;
        let input = inputs.into_iter().next().map(read).transpose()?;
        Ok((meta.filter(|meta| !meta.expired(now)), input))
    }

    /// A run's input, read consistently.
    pub async fn input(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
    ) -> Result<Option<RunInput>, StoreError> {
        self.get(key, keys::input(run_id)).await
    }

    /// One item of a thread, read consistently.
    pub(super) async fn get<T: serde::de::DeserializeOwned>(
        &self,
        key: &ThreadKey,
        sort: String,
    ) -> Result<Option<T>, StoreError> {
        let request = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(keys::item(key, sort)));
        request
            .consistent_read(true)
            .send()
            .await?
            .item
            .map(read)
            .transpose()
    }

    /// The run's row and the rows of the `asked` connections (at most 99) in one consistent read.
    pub async fn control_read(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        connections_table: &str,
        asked: &[ConnectionId],
    ) -> Result<ControlRead, StoreError> {
        let mut request = self.client.batch_get_item().request_items(
            &self.table,
            KeysAndAttributes::builder()
                .consistent_read(true)
                .keys(keys::item(key, keys::run(run_id)))
                .build()?,
        );
        if !asked.is_empty() {
            let keys = asked.iter().map(connections::key).collect();
            let rows = KeysAndAttributes::builder()
                .consistent_read(true)
                .set_keys(Some(keys))
                .projection_expression("#connection")
                .expression_attribute_names("#connection", connections::PARTITION)
                .build()?;
            request = request.request_items(connections_table, rows);
        }
        let mut tables = whole(request.send().await?)?;
        let row = tables
            .remove(&self.table)
            .unwrap_or_default()
            .into_iter()
            .find(|item| item.contains_key(SORT));
        let present = tables
            .remove(connections_table)
            .unwrap_or_default()
            .iter()
            .filter_map(connection)
            .collect();
        Ok(ControlRead {
            row: row.map(read).transpose()?,
            present,
        })
    }
}

/// The items of each table. A key that DynamoDB left unprocessed makes the whole read a fault, to be made again:
/// absence must mean absence.
fn whole(output: BatchGetItemOutput) -> Result<HashMap<String, Vec<Item>>, StoreError> {
    if output.unprocessed_keys.is_some_and(|left| !left.is_empty()) {
        let what = "several items were read in part".to_owned();
        return Err(StoreError::Unavailable(what));
    }
    Ok(output.responses.unwrap_or_default())
}

fn connection(item: &Item) -> Option<ConnectionId> {
    item.get(connections::PARTITION)
        .and_then(|id| id.as_s().ok())
        .map(ConnectionId::trusted)
}
