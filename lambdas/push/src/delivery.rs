//! Delivery of one event to the connections of its target.

mod members;

use futures::future::try_join_all;
use futures::{Stream, StreamExt as _, stream};
use longwire_core::event_run::EventRun;
use longwire_core::ids::ConnectionId;
use longwire_core::shape::Format;
use longwire_core::thread_key::ThreadKey;
use longwire_store::connections::Connection;
use longwire_store::connections::index::Of;
use longwire_store::error::StoreError;
use longwire_store::event_key::EventKey;
use longwire_store::item::Item;
use tokio::time::Instant;

use crate::deps::Deps;
use crate::post::Posted;
use crate::request::Target;
use crate::response::{Failure, Response};

/// Most posts under way at the same time.
const CONCURRENCY: usize = 32;

/// Most deliveries that are noted together.
const NOTED: usize = 25;

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
    /// Set when the time was over before all connections were found.
    pub cut: bool,
}

impl Outcome {
    /// Response of the invocation.
    pub(crate) fn response(
        self,
        id: String,
        stored: usize,
        run: Option<EventRun>,
    ) -> Result<Response, Failure> {
        let Self {
            delivered,
            gone,
            failed,
            cut,
        } = self;
        if failed > 0 || cut {
            let total = delivered + gone + failed;
            return Err(Failure::Incomplete { failed, total, cut });
        }
        Ok(Response {
            delivered,
            gone,
            stored,
            run,
            ..Response::new(id)
        })
    }
}

/// Connection of the target, and what is known of it before a post.
enum Found {
    /// Connection that has the event from an earlier request.
    Known,
    /// Connection without the event.
    New(Box<Connection>),
    /// Connection that does not exist, or is about to be closed.
    Gone,
    /// No connection: the time is over, and there may be more.
    Cut,
}

/// Outcome of an event for a connection of the target.
enum Handled {
    Known,
    Posted(ConnectionId, Posted),
    Gone,
    Cut,
}

/// Page of the index that is read next.
enum Next {
    First,
    From(Item),
    None,
}

impl Delivery<'_> {
    /// Delivers the event to the connections of a target. A slow connection holds up no other one: further pages of the index
    /// are read while its posts go on. What was delivered is noted also when a table fails meanwhile.
    pub(crate) async fn deliver(&self, target: &Target) -> Result<Outcome, StoreError> {
        let handled = self
            .found(target)
            .map(async |found| Ok(self.handle(found?).await))
            .buffer_unordered(CONCURRENCY)
            .ready_chunks(NOTED);
        let mut handled = std::pin::pin!(handled);
        let (mut outcome, mut failed) = (Outcome::default(), None);
        while let Some(chunk) = handled.next().await {
            let noted = Box::pin(self.note(chunk, &mut outcome)).await;
            failed = failed.or(noted.err());
        }
        failed.map_or(Ok(outcome), Err)
    }

    /// Finds the connections of a target. Ends after an error of a table.
    fn found(&self, target: &Target) -> impl Stream<Item = Result<Found, StoreError>> {
        let pages = stream::unfold(Next::First, async move |next| {
            let (page, next) = match Box::pin(self.page(target, next)).await.transpose()? {
                Ok((page, next)) => (page.into_iter().map(Ok).collect(), next),
                Err(error) => (vec![Err(error)], Next::None),
            };
            Some((stream::iter::<Vec<_>>(page), next))
        });
        pages.flatten()
    }

    /// Reads the next page of the index; `None` after the last one.
    async fn page(
        &self,
        target: &Target,
        next: Next,
    ) -> Result<Option<(Vec<Found>, Next)>, StoreError> {
        let start = match next {
            Next::First => None,
            Next::From(start) => Some(start),
            Next::None => return Ok(None),
        };
        if Instant::now() >= self.ends {
            return Ok(Some((vec![Found::Cut], Next::None)));
        }
        let key;
        let of = match target {
            Target::User(user) => Of::User(user),
            Target::Thread { user, thread } => {
                key = ThreadKey {
                    owner: user.owner(),
                    thread_id: thread.clone(),
                };
                Of::Thread(&key)
            }
            Target::Connection(id) => return Ok(Some((self.one(id).await?, Next::None))),
            Target::Room(members) => return self.members(members, start).await.map(Some),
        };
        let page = self.deps.connections.page(of, start, self.now()).await?;
        let found = self.without_known(page.connections).await?;
        Ok(Some((found, page.next.map_or(Next::None, Next::From))))
    }

    /// Reads the only connection of a target.
    async fn one(&self, id: &ConnectionId) -> Result<Vec<Found>, StoreError> {
        let now = self.now();
        match self.deps.connections.get(id, now).await? {
            Some(connection) if connection.takes_posts(now) => {
                self.without_known(vec![connection]).await
            }
            Some(_) | None => Ok(vec![Found::Gone]),
        }
    }

    /// Tells which connections have the event. Those of other formats, which have no frame for it, are left out.
    async fn without_known(&self, mut rows: Vec<Connection>) -> Result<Vec<Found>, StoreError> {
        rows.retain(|row| row.format == Format::Agui);
        let ids: Vec<_> = rows.iter().map(|row| row.connection.clone()).collect();
        let table = &self.deps.connections;
        let known = table.delivered(&self.event, &ids, self.now()).await?;
        let found = rows.into_iter().map(|row| {
            if known.contains(&row.connection) {
                Found::Known
            } else {
                Found::New(Box::new(row))
            }
        });
        Ok(found.collect())
    }

    async fn handle(&self, found: Found) -> Handled {
        match found {
            Found::Known => Handled::Known,
            Found::Gone => Handled::Gone,
            Found::Cut => Handled::Cut,
            Found::New(row) => {
                let posted = self.deps.post_to(&row, &self.frame, self.ends).await;
                Handled::Posted(row.connection, posted)
            }
        }
    }

    /// Counts connections, notes new deliveries, and then deletes the rows of those that are gone.
    async fn note(
        &self,
        chunk: Vec<Result<Handled, StoreError>>,
        outcome: &mut Outcome,
    ) -> Result<(), StoreError> {
        let (mut new, mut gone, mut failed) = (Vec::new(), Vec::new(), None);
        for handled in chunk {
            match handled {
                Ok(Handled::Known) => outcome.delivered += 1,
                Ok(Handled::Posted(id, Posted::Delivered)) => new.push(id),
                Ok(Handled::Posted(id, Posted::Gone)) => gone.push(id),
                Ok(Handled::Posted(_, Posted::Failed)) => outcome.failed += 1,
                Ok(Handled::Gone) => outcome.gone += 1,
                Ok(Handled::Cut) => outcome.cut = true,
                Err(error) => failed = Some(error),
            }
        }
        outcome.delivered += new.len();
        outcome.gone += gone.len();
        let table = &self.deps.connections;
        let noted = table.note_delivered(&self.event, &new, self.now()).await;
        try_join_all(gone.iter().map(|id| table.delete(id))).await?;
        noted.and(failed.map_or(Ok(()), Err))
    }

    /// Current time, in seconds since 1970.
    fn now(&self) -> u64 {
        self.deps.clock.unix_seconds()
    }
}
