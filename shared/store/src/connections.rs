//! The `connections` table: one row per WebSocket connection with its replays, and beside it counters of its requests and
//! refusals, notes of its deliveries, and an item for each of its rooms.

pub mod rate;

pub mod replays;

pub mod replay_lease;

pub mod closing;
pub mod deliveries;
pub mod drained;
pub mod index;
mod renewal;
pub mod rooms;

mod warm_up;

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use longwire_core::identity::Identity;
use longwire_core::ids::{ConnectionId, DeviceId, RoomName, ThreadId, UserId};
use longwire_core::lenient::or_default;
use longwire_core::shape::{Format, Lines, Shape};
use longwire_core::thread_key::ThreadKey;
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::to_item;

use crate::active_threads::ActiveThread;
use crate::connections::closing::{ClosingReason, is_gone};
use crate::error::StoreError;
use crate::item::{Item, read, s};

/// Attribute of the partition key; the table has no sort key.
pub(crate) const PARTITION: &str = "connection";

/// Longest life of a connection, in seconds (API Gateway, "Quotas for WebSocket APIs").
const MAX_LIFE: u64 = 2 * 3600;

/// Lifetime of a row, in seconds: that of a connection and ten minutes.
const TTL: u64 = MAX_LIFE + 600;

/// Row of a connection. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// Id that API Gateway gave the connection.
    pub connection: ConnectionId,
    /// User that the connection was authorised as.
    pub user: UserId,
    /// Groups of the user.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Expiry of the token; `None` for a connection that does not expire before API Gateway closes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_exp: Option<u64>,
    /// Partition key of the thread in the `threads` table, for the index.
    pub thread: String,
    /// Default thread of requests that name none.
    pub thread_id: ThreadId,
    /// Format of the events.
    #[serde(deserialize_with = "or_default")]
    pub format: Format,
    /// Lines per frame.
    #[serde(deserialize_with = "or_default")]
    pub lines: Lines,
    /// Subprotocol that the handshake selected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subprotocol: Option<String>,
    /// Threads that counted as active for the limit of this connection when it started a run there; a connection
    /// begins with its own. Empty in rows that were written before 0.1.0.
    #[serde(
        default,
        with = "serde_dynamo::string_set",
        skip_serializing_if = "BTreeSet::is_empty"
    )]
    pub threads: BTreeSet<ActiveThread>,
    /// Time at which the connection was last marked to be closed, in seconds since 1970; `None` for a connection that
    /// stays open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing: Option<u64>,
    /// Reason of that mark; absent without one.
    #[serde(
        default,
        deserialize_with = "or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub closing_reason: Option<ClosingReason>,
    /// Device of the client, as its first `hello` with an id named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<DeviceId>,
    /// Number of the last event of the inbox when its events were last asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain_asked: Option<u64>,
    /// Time of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain_asked_at: Option<u64>,
    /// Number of the last event of the inbox that a drain has sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drained_to: Option<u64>,
    /// Rooms of which the connection is a member.
    #[serde(
        default,
        with = "serde_dynamo::string_set",
        skip_serializing_if = "BTreeSet::is_empty"
    )]
    pub rooms: BTreeSet<RoomName>,
    /// Time of the handshake.
    pub connected_at: u64,
    /// Expiry of the row.
    pub ttl: u64,
}

impl Connection {
    /// Makes the row of a new connection without a subprotocol.
    pub fn new(
        id: ConnectionId,
        identity: Identity,
        thread_id: ThreadId,
        shape: Shape,
        connected_at: u64,
    ) -> Self {
        let key = ThreadKey {
            owner: identity.user.owner(),
            thread_id,
        };
        Self {
            connection: id,
            user: identity.user,
            groups: identity.groups,
            token_exp: identity.expires_at,
            thread: key.partition(),
            threads: BTreeSet::from([key.thread_id.clone().into()]),
            thread_id: key.thread_id,
            format: shape.format,
            lines: shape.lines,
            subprotocol: None,
            closing: None,
            closing_reason: None,
            device_id: None,
            drain_asked: None,
            drain_asked_at: None,
            drained_to: None,
            rooms: BTreeSet::new(),
            connected_at,
            ttl: connected_at + TTL,
        }
    }

    /// Format and framing of the connection.
    pub fn shape(&self) -> Shape {
        Shape {
            format: self.format,
            lines: self.lines,
        }
    }

    /// Reason for which requests of the connection are refused at `now`, in seconds since 1970; `None` for a connection that
    /// stays open.
    pub fn closing_reason(&self, now: u64) -> Option<ClosingReason> {
        let marked = self
            .closing
            .map(|_| self.closing_reason.unwrap_or_default());
        let expired = self.token_exp.is_some_and(|exp| exp <= now);
        marked.or(expired.then_some(ClosingReason::TokenExpired))
    }

    /// Identity for a ticket of the connection. It expires with the connection at the latest: otherwise a ticket of a
    /// connection that was opened by a ticket, and so on, would outlive a shared token that was replaced.
    pub fn ticket_identity(&self) -> Identity {
        let expires_at = self.token_exp.unwrap_or(self.connected_at + MAX_LIFE);
        Identity::new(self.user.clone(), self.groups.clone(), Some(expires_at))
    }

    /// Deserializes a row of the table or of its index.
    pub fn read(item: Item) -> Result<Self, StoreError> {
        read(item)
    }

    /// Tells whether the connection can take a post at `now`, in seconds since 1970: it is neither to be closed, nor has its token
    /// expired.
    pub fn takes_posts(&self, now: u64) -> bool {
        self.closing.is_none() && !is_gone(self.token_exp, now)
    }

    /// Tells whether the row is valid at `now`. DynamoDB deletes expired rows days late ("Using time to live").
    fn alive(&self, now: u64) -> bool {
        self.ttl > now
    }
}

/// Primary key of a connection's row.
pub fn key(id: &ConnectionId) -> HashMap<String, AttributeValue> {
    HashMap::from([(PARTITION.to_owned(), s(id.as_str()))])
}

/// Client of the table. Cheap to clone. Time limits are those of the SDK client.
#[derive(Debug, Clone)]
pub struct Connections {
    client: Client,
    table: String,
}

impl Connections {
    /// Wraps a client and the name of the table.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
        }
    }

    /// Name of the table, for reads that span several tables.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Writes a row and replaces an existing one.
    pub async fn put(&self, connection: &Connection) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(connection)?))
            .send()
            .await?;
        Ok(())
    }

    /// Prepares an update of a connection's row, whose condition names the key `#connection`.
    pub(crate) fn row_request(&self, id: &ConnectionId) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(id)))
            .expression_attribute_names("#connection", PARTITION)
    }

    /// Reads a row consistently. A row that is expired at `now`, in seconds since 1970, counts as absent.
    pub async fn get(&self, id: &ConnectionId, now: u64) -> Result<Option<Connection>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(id)))
            .consistent_read(true)
            .send()
            .await?;
        let row = output.item.map(Connection::read).transpose()?;
        Ok(row.filter(|row| row.alive(now)))
    }
}
