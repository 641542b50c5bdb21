//! Delivery of one event to the connections of its target.

use futures::{StreamExt as _, stream};
use longwire_core::ids::ConnectionId;
use longwire_core::shape::Format;
use longwire_store::connections::Connection;
use longwire_store::connections::index::Of;
use longwire_store::error::StoreError;
use longwire_store::event_key::EventKey;
use tokio::time::Instant;

use crate::deps::Deps;
use crate::post::Posted;
use crate::request::Target;
use crate::response::{Failure, Response};

/// Most posts under way at the same time.
const CONCURRENCY: usize = 32;

/// Delivery of one event.
pub(crate) struct Delivery<'a> {
    /// Clients of the function.
    pub deps: &'a Deps,
    /// Name of the event in the tables.
    pub event: EventKey,
    /// Frame of the event.
    pub frame: String,
    /// Time after which no post begins.
    pub ends: Instant,
}

/// Numbers of connections, by what became of the event.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Connections that have the event.
    pub delivered: usize,
    /// Connections that no longer exist.
    pub gone: usize,
    /// Connections that took nothing.
    pub failed: usize,
}

impl Outcome {
    /// Response of the invocation.
    pub(crate) fn response(self, id: String, stored: usize) -> Result<Response, Failure> {
        let Self {
            delivered,
            gone,
            failed,
        } = self;
        match failed {
            0 => Ok(Response {
                id,
                delivered,
                gone,
                stored,
            }),
            _ => Err(Failure::Incomplete {
                failed,
                total: delivered + gone + failed,
            }),
        }
    }
}

impl Delivery<'_> {
    /// Delivers the event to the connections of a target, a page of the index at a time.
    pub(crate) async fn deliver(&self, target: &Target) -> Result<Outcome, StoreError> {
        let mut outcome = Outcome::default();
        let of = match target {
            Target::User(user) => Of::User(user),
            Target::Thread(thread) => Of::Thread(thread),
            Target::Connection(connection) => {
                self.deliver_one(connection, &mut outcome).await?;
                return Ok(outcome);
            }
        };
        let mut start = None;
        loop {
            let page = self.deps.connections.page(of, start, self.now()).await?;
            self.deliver_page(page.connections, &mut outcome).await?;
            start = page.next;
            if start.is_none() {
                return Ok(outcome);
            }
        }
    }

    async fn deliver_one(
        &self,
        id: &ConnectionId,
        outcome: &mut Outcome,
    ) -> Result<(), StoreError> {
        let now = self.now();
        match self.deps.connections.get(id, now).await? {
            Some(connection) if connection.takes_posts(now) => {
                self.deliver_page(vec![connection], outcome).await
            }
            Some(_) | None => {
                outcome.gone += 1;
                Ok(())
            }
        }
    }

    /// Delivers the event to those of some connections that do not have it. Connections of other formats have no frame for
    /// it.
    async fn deliver_page(
        &self,
        mut connections: Vec<Connection>,
        outcome: &mut Outcome,
    ) -> Result<(), StoreError> {
        connections.retain(|connection| connection.format == Format::Agui);
        let ids: Vec<_> = connections
            .iter()
            .map(|row| row.connection.clone())
            .collect();
        let table = &self.deps.connections;
        let known = table.delivered(&self.event, &ids, self.now()).await?;
        connections.retain(|connection| !known.contains(&connection.connection));
        outcome.delivered += known.len();

        let posts = stream::iter(&connections).map(|connection| async move {
            let posted = self.deps.post_to(connection, &self.frame, self.ends);
            (connection, posted.await)
        });
        let posted: Vec<_> = posts.buffer_unordered(CONCURRENCY).collect().await;
        let mut new = Vec::new();
        for (connection, posted) in posted {
            match posted {
                Posted::Delivered => new.push(connection.connection.clone()),
                Posted::Gone => {
                    outcome.gone += 1;
                    table.delete(&connection.connection).await?;
                }
                Posted::Failed => outcome.failed += 1,
            }
        }
        outcome.delivered += new.len();
        table.note_delivered(&self.event, &new, self.now()).await
    }

    /// Current time, in seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        self.deps.clock.unix_seconds()
    }
}
