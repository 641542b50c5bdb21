//! The `connections` table: who is connected, to which thread, and how they want their frames.

pub mod rate;

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use crate::error::StoreError;
use longwire_core::ids::{ConnectionId, Owner, ThreadId};
use longwire_core::shape::{Format, Lines, Shape};
use longwire_core::thread_key::ThreadKey;

/// The partition key's attribute; the table has no sort key.
pub const PARTITION: &str = "connection";

/// The index over the attribute `thread`. It lags: a hint, nothing to decide by.
pub const BY_THREAD: &str = "by_thread";

/// How many connections of a thread [`Connections::by_thread`] names at most.
pub const MAX_WATCHERS: usize = 25;

/// How many rows are looked at for it, the expired ones included: a thread with more costs no more.
const MAX_READ: i32 = 100;

/// How long a row lives, in seconds: a connection's two hours (API Gateway, "Quotas for WebSocket APIs")
/// and ten minutes.
pub const TTL: u64 = 2 * 3600 + 600;

/// A connection's row. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// Its id.
    pub connection: ConnectionId,
    /// Whom it was authorised as.
    pub user: Owner,
    /// Its thread as the `threads` table names the partition, for the index.
    pub thread: String,
    /// Its thread as the client names it: where messages go that name none.
    pub thread_id: ThreadId,
    /// The shape of its frames' events.
    pub format: Format,
    /// How many of them share a frame.
    pub lines: Lines,
    /// The subprotocol that was agreed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subprotocol: Option<String>,
    /// When it was opened.
    pub connected_at: u64,
    /// When its token expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_exp: Option<u64>,
    /// When the table forgets it.
    pub ttl: u64,
}

impl Connection {
    /// A connection's row as $connect writes it.
    pub fn new(id: ConnectionId, key: &ThreadKey, shape: Shape, connected_at: u64) -> Self {
        Self {
            connection: id,
            user: key.owner.clone(),
            thread: key.partition(),
            thread_id: key.thread_id.clone(),
            format: shape.format,
            lines: shape.lines,
            subprotocol: None,
            connected_at,
            token_exp: None,
            ttl: connected_at + TTL,
        }
    }

    /// How it wants its frames.
    pub fn shape(&self) -> Shape {
        Shape {
            format: self.format,
            lines: self.lines,
        }
    }

    /// Reads a row, as it came from this table or its index.
    pub fn read(item: HashMap<String, AttributeValue>) -> Result<Self, StoreError> {
        Ok(from_item(item)?)
    }

    /// Whether the row counts at `now`: the table deletes expired ones days late (DynamoDB, "Using time to
    /// live").
    pub fn alive(&self, now: u64) -> bool {
        self.ttl > now
    }
}

/// A row's key.
pub fn key(id: &ConnectionId) -> HashMap<String, AttributeValue> {
    let id = AttributeValue::S(id.as_str().to_owned());
    HashMap::from([(PARTITION.to_owned(), id)])
}

/// The table. Cheap to clone. The client's own time limits hold ([`longwire_lambda::sdk::quick`]).
#[derive(Debug, Clone)]
pub struct Connections {
    client: Client,
    table: String,
}

impl Connections {
    /// Over this client and table.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
        }
    }

    /// The table's name, for reads over several tables.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Writes a row, over the one that was there.
    pub async fn put(&self, connection: &Connection) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(connection)?))
            .send()
            .await?;
        Ok(())
    }

    /// Deletes a row; there may be none.
    pub async fn delete(&self, id: &ConnectionId) -> Result<(), StoreError> {
        self.client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(id)))
            .send()
            .await?;
        Ok(())
    }

    /// The row as it stands now; an expired one counts as absent.
    pub async fn get(&self, id: &ConnectionId, now: u64) -> Result<Option<Connection>, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(id)))
            .consistent_read(true)
            .send()
            .await?;
        let row = found.item.map(Connection::read).transpose()?;
        Ok(row.filter(|row| row.alive(now)))
    }

    /// Connections that chose this thread, [`MAX_WATCHERS`] at most. Some may be gone and new ones missing.
    pub async fn by_thread(
        &self,
        thread: &ThreadKey,
        now: u64,
    ) -> Result<Vec<(ConnectionId, Shape)>, StoreError> {
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(BY_THREAD)
            .key_condition_expression("#thread = :thread")
            .filter_expression("#ttl > :now")
            .expression_attribute_names("#thread", "thread")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":thread", AttributeValue::S(thread.partition()))
            .expression_attribute_values(":now", AttributeValue::N(now.to_string()))
            .limit(MAX_READ)
            .send()
            .await?;
        let rows = found.items.unwrap_or_default().into_iter();
        rows.take(MAX_WATCHERS)
            .map(|item| Connection::read(item).map(|row| (row.connection.clone(), row.shape())))
            .collect()
    }
}
