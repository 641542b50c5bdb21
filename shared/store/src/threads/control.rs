//! Reads of a worker about its run. Requests reach a running worker through the table only, because a running Lambda
//! invocation cannot be called.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use longwire_core::ids::{ConnectionId, RunId};
use longwire_core::run::RunRow;
use longwire_core::run_frame::RunFrame;
use longwire_core::run_input::RunInput;
use longwire_core::thread_key::ThreadKey;

use crate::connections;
use crate::connections::closing::is_gone;
use crate::error::StoreError;
use crate::item::{Item, read, s};
use crate::retry::with_jitter;
use crate::threads::Threads;
use crate::threads::frame;
use crate::threads::keys::{self, SORT};
use crate::threads::meta::Meta;

/// Attributes of a connection's row: the time of its handshake, the expiry of its token, and the mark of one to be closed.
const CONNECTED_AT: &str = "connectedAt";
const TOKEN_EXP: &str = "tokenExp";
const CLOSING: &str = "closing";

/// Result of a control read.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlRead {
    /// Control row of the run.
    pub row: Option<RunRow>,
    /// The thread was deleted, or has another generation, since the run was claimed.
    pub deleted: bool,
    /// Connections, of those asked for, that have a row in the `connections` table, are not to be closed and have no token
    /// that has expired; with the times of their handshakes in seconds since 1970.
    pub present: BTreeMap<ConnectionId, u64>,
}

/// Thread, input and frame of a run: the start of an attempt, beside the history.
#[derive(Debug, Clone, PartialEq)]
pub struct RunStart {
    /// The thread.
    pub meta: Option<Meta>,
    /// Input of the run.
    pub input: Option<RunInput>,
    /// Frame of the run, once a step of it is stored.
    pub frame: Option<RunFrame>,
}

impl Threads {
    /// Reads the control row of a run, the thread's own item and the rows of `connections` (98 at most) in one
    /// consistent request. `now`, in seconds since 1970, decides which tokens have expired. Fails with
    /// [`StoreError::Unavailable`] when DynamoDB returns a part only.
    pub async fn control_read(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        connections_table: &str,
        connections: &[ConnectionId],
        now: u64,
    ) -> Result<ControlRead, StoreError> {
        let wanted = meta_and(key, keys::run(run_id))?;
        let mut request = self
            .client
            .batch_get_item()
            .request_items(&self.table, wanted);
        if !connections.is_empty() {
            let keys = connections.iter().map(connections::key).collect();
            let rows = KeysAndAttributes::builder()
                .consistent_read(true)
                .set_keys(Some(keys))
                .projection_expression("#connection, #connectedAt, #tokenExp, #closing")
                .expression_attribute_names("#connection", connections::PARTITION)
                .expression_attribute_names("#connectedAt", CONNECTED_AT)
                .expression_attribute_names("#tokenExp", TOKEN_EXP)
                .expression_attribute_names("#closing", CLOSING)
                .build()?;
            request = request.request_items(connections_table, rows);
        }
        let mut tables = with_jitter(|| async { complete(request.clone().send().await?) }).await?;
        let (meta, row) = split(tables.remove(&self.table).unwrap_or_default());
        let row: Option<RunRow> = row.map(read).transpose()?;
        let meta: Option<Meta> = meta.map(read).transpose()?;
        let present = tables.remove(connections_table).unwrap_or_default();
        Ok(ControlRead {
            deleted: row
                .as_ref()
                .is_some_and(|row| !meta.is_some_and(|meta| meta.has(row))),
            row,
            present: present
                .iter()
                .filter_map(|item| connection(item, now))
                .collect(),
        })
    }

    /// Reads the thread's own item and the control row of a run in one consistent request. Returns the row of a run that
    /// belongs to the thread, with the thread; a thread that is expired at `now`, in seconds since 1970, has no runs.
    /// Fails with [`StoreError::Unavailable`] when DynamoDB returns a part only.
    pub async fn run(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        now: u64,
    ) -> Result<Option<(RunRow, Meta)>, StoreError> {
        let (meta, row) = split(self.batch(meta_and(key, keys::run(run_id))?).await?);
        let (Some(meta), Some(row)) = (meta, row) else {
            return Ok(None);
        };
        let (meta, row): (Meta, RunRow) = (read(meta)?, read(row)?);
        let belongs = !meta.expired(now) && meta.has(&row);
        Ok(belongs.then_some((row, meta)))
    }

    /// Reads the thread's own item, and the input and the frame of a run, in one consistent request. A thread that is
    /// expired at `now`, in seconds since 1970, counts as absent. Fails with [`StoreError::Unavailable`] when DynamoDB
    /// returns a part only.
    pub async fn run_start(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        now: u64,
    ) -> Result<RunStart, StoreError> {
        let sorts = [
            keys::META.to_owned(),
            keys::input(run_id),
            keys::frame(run_id),
        ];
        let mut wanted = KeysAndAttributes::builder().consistent_read(true);
        for sort in &sorts {
            wanted = wanted.keys(keys::item(key, sort));
        }
        let mut items = self.batch(wanted.build()?).await?;
        let [meta, input, frame] = sorts.map(|sort| {
            let found = items
                .iter()
                .position(|item| item.get(SORT) == Some(&s(&sort)));
            found.map(|index| items.swap_remove(index))
        });
        let meta: Option<Meta> = meta.map(read).transpose()?;
        Ok(RunStart {
            meta: meta.filter(|meta| !meta.expired(now)),
            input: input.map(read).transpose()?,
            frame: frame.and_then(frame::frame),
        })
    }

    pub(super) async fn batch(&self, wanted: KeysAndAttributes) -> Result<Vec<Item>, StoreError> {
        let request = self
            .client
            .batch_get_item()
            .request_items(&self.table, wanted);
        let mut tables = with_jitter(|| async { complete(request.clone().send().await?) }).await?;
        Ok(tables.remove(&self.table).unwrap_or_default())
    }

    /// Reads the input of a run consistently.
    pub async fn input(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
    ) -> Result<Option<RunInput>, StoreError> {
        self.get(key, keys::input(run_id)).await
    }
}

/// Consistent reads of the thread's own item and of another item of it.
fn meta_and(key: &ThreadKey, sort: String) -> Result<KeysAndAttributes, StoreError> {
    Ok(KeysAndAttributes::builder()
        .consistent_read(true)
        .keys(keys::item(key, keys::META))
        .keys(keys::item(key, sort))
        .build()?)
}

/// The thread's own item, and the other item, of those that were read.
fn split(items: Vec<Item>) -> (Option<Item>, Option<Item>) {
    let is_meta = |item: &Item| item.get(SORT) == Some(&s(keys::META));
    let (metas, others): (Vec<_>, Vec<_>) = items.into_iter().partition(is_meta);
    (metas.into_iter().next(), others.into_iter().next())
}

/// Items of a batch read, by table. A read with unprocessed keys, which DynamoDB leaves when it throttles, fails as a whole
/// and is repeated, because an absent item must mean that there is none.
fn complete(output: BatchGetItemOutput) -> Result<HashMap<String, Vec<Item>>, StoreError> {
    let unprocessed = output.unprocessed_keys.unwrap_or_default();
    if !unprocessed.is_empty() {
        let message = "a batch read returned a part only".to_owned();
        return Err(StoreError::Unavailable(message));
    }
    Ok(output.responses.unwrap_or_default())
}

/// Id of a connection and the time of its handshake; `None` when it is to be closed, or its token has expired. A row without
/// a valid time counts as old.
fn connection(item: &Item, now: u64) -> Option<(ConnectionId, u64)> {
    let number = |name| item.get(name)?.as_n().ok()?.parse().ok();
    if item.contains_key(CLOSING) || is_gone(number(TOKEN_EXP), now) {
        return None;
    }
    let id = item.get(connections::PARTITION)?.as_s().ok()?;
    let connected_at = number(CONNECTED_AT).unwrap_or_default();
    Some((ConnectionId::trusted(id.clone()), connected_at))
}
