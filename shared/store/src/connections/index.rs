//! Connections of a thread or a user, from the indexes of the table. An index is eventually consistent, so its results are
//! hints: some connections may be closed, and new ones may be missing.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use longwire_core::ids::{ConnectionId, UserId};
use longwire_core::shape::Shape;
use longwire_core::thread_key::ThreadKey;

use crate::connections::closing::EXPIRY_GRACE;
use crate::connections::{Connection, Connections};
use crate::error::StoreError;
use crate::item::{Item, n, s};

/// Most connections that [`Connections::by_thread`] returns.
const MAX_CONNECTIONS: usize = 25;

/// Most rows that one query reads, expired ones included. It bounds the cost of a thread with many connections.
const MAX_READ: i32 = 100;

/// Key of an index.
#[derive(Debug, Clone, Copy)]
pub enum Of<'a> {
    /// Connections whose default thread is this one.
    Thread(&'a ThreadKey),
    /// Connections of a user.
    User(&'a UserId),
}

/// Page of the connections that an index names.
#[derive(Debug)]
pub struct Page {
    /// Connections.
    pub connections: Vec<Connection>,
    /// Start of the next page; `None` after the last one.
    pub next: Option<Item>,
}

impl Connections {
    /// Finds connections whose default thread is this one: candidates for subscribers, 25 at most. Rows expired at `now`, in
    /// seconds since 1970, are left out, and so are connections that are to be closed, or whose token has expired.
    pub async fn by_thread(
        &self,
        thread: &ThreadKey,
        now: u64,
    ) -> Result<Vec<(ConnectionId, Shape)>, StoreError> {
        let output = self
            .index(Of::Thread(thread), now)
            .limit(MAX_READ)
            .send()
            .await?;
        let rows = output.items.unwrap_or_default().into_iter();
        rows.take(MAX_CONNECTIONS)
            .map(|item| Connection::read(item).map(|row| (row.connection.clone(), row.shape())))
            .collect()
    }

    /// Finds the connection that a user opened last, among the last hundred.
    pub async fn newest(&self, user: &UserId, now: u64) -> Result<Option<Connection>, StoreError> {
        let query = self.index(Of::User(user), now).limit(MAX_READ);
        let output = query.scan_index_forward(false).send().await?;
        let newest = output.items.unwrap_or_default().into_iter().next();
        newest.map(Connection::read).transpose()
    }

    /// Reads a page of connections, from `start` on, with the same rows left out.
    pub async fn page(
        &self,
        of: Of<'_>,
        start: Option<Item>,
        now: u64,
    ) -> Result<Page, StoreError> {
        let query = self.index(of, now).limit(MAX_READ);
        let output = query.set_exclusive_start_key(start).send().await?;
        let rows = output.items.unwrap_or_default().into_iter();
        Ok(Page {
            connections: rows.map(Connection::read).collect::<Result<_, _>>()?,
            next: output.last_evaluated_key,
        })
    }

    /// Query of an index, for the connections that can take a post at `now`.
    fn index(&self, of: Of<'_>, now: u64) -> QueryFluentBuilder {
        let (index, attribute, value) = match of {
            Of::Thread(thread) => ("by_thread", "thread", thread.partition()),
            Of::User(user) => ("by_user", "user", user.as_str().to_owned()),
        };
        self.client
            .query()
            .table_name(&self.table)
            .index_name(index)
            .key_condition_expression("#of = :of")
            .filter_expression(
                "#ttl > :now AND attribute_not_exists(closing) \
                 AND (attribute_not_exists(tokenExp) OR tokenExp > :gone)",
            )
            .expression_attribute_names("#of", attribute)
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":of", s(value))
            .expression_attribute_values(":now", n(now))
            .expression_attribute_values(":gone", n(now.saturating_sub(EXPIRY_GRACE)))
    }
}
