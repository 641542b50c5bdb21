//! The sender as the rest of the worker sees it.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use longwire_core::event_batch::EventBatch;
use longwire_core::ids::ConnectionId;
use longwire_core::run::Cursor;
use longwire_protocol::numbered::Draft;

/// How many orders may wait. More make [`EventSink::emit`] wait, and with it the model's stream.
const WAITING: usize = 256;

/// The sender is not there any more: it was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sender was stopped")]
pub struct Stopped;

pub(super) enum Order {
    Emit(Draft),
    Attach(ConnectionId, Cursor),
    Detach(ConnectionId),
    Fill(ConnectionId, Option<EventBatch>),
    Cursors(oneshot::Sender<BTreeMap<ConnectionId, Cursor>>),
    Batch(oneshot::Sender<EventBatch>),
    Close(Draft, oneshot::Sender<EventBatch>),
    Release,
    Drain(oneshot::Sender<()>),
    Stop(oneshot::Sender<()>),
}

/// Gives orders to the sender. They are carried out in the order they were given, by all clones.
#[derive(Debug, Clone)]
pub struct EventSink(mpsc::Sender<Order>);

pub(super) fn channel() -> (EventSink, mpsc::Receiver<Order>) {
    let (orders, inbox) = mpsc::channel(WAITING);
    (EventSink(orders), inbox)
}

impl EventSink {
    /// Makes a line of this. What is emitted without a pause between leaves together.
    pub async fn emit(&self, draft: impl Into<Draft>) -> Result<(), Stopped> {
        self.order(Order::Emit(draft.into())).await
    }

    /// Sends the connection every line after the cursor, then what comes. Lines that are not in memory any more
    /// are asked for by [`Notice::Wants`]. A connection that watches already is wound to the cursor, once its
    /// post in flight has landed. One whose cursor was asked for hears `resumed` when it has got what was there
    /// when it asked.
    ///
    /// [`Notice::Wants`]: super::settings::Notice::Wants
    pub async fn attach(&self, connection: ConnectionId, cursor: Cursor) -> Result<(), Stopped> {
        self.order(Order::Attach(connection, cursor)).await
    }

    /// Sends the connection nothing more.
    pub async fn detach(&self, connection: ConnectionId) -> Result<(), Stopped> {
        self.order(Order::Detach(connection)).await
    }

    /// The page of the durable log that the connection wanted; without one it is given up as stuck.
    pub async fn fill(
        &self,
        connection: ConnectionId,
        page: Option<EventBatch>,
    ) -> Result<(), Stopped> {
        self.order(Order::Fill(connection, page)).await
    }

    /// Where every connection stands: the last line it has taken.
    pub async fn cursors(&self) -> Result<BTreeMap<ConnectionId, Cursor>, Stopped> {
        self.ask(Order::Cursors).await
    }

    /// The lines no batch had so far, to be written to the durable log now.
    pub async fn batch(&self) -> Result<EventBatch, Stopped> {
        self.ask(Order::Batch).await
    }

    /// Appends the run's last line, and returns it with all that no batch had so far. The line itself is
    /// held back until [`Self::release`]; nothing can be emitted after it.
    ///
    /// When the end could not be committed as it was, closing again replaces the held line, and the batch
    /// is again everything since the batch before the first close.
    pub async fn close(&self, last: impl Into<Draft>) -> Result<EventBatch, Stopped> {
        let last = last.into();
        self.ask(|answer| Order::Close(last, answer)).await
    }

    /// The end is committed: its line may be sent.
    pub async fn release(&self) -> Result<(), Stopped> {
        self.order(Order::Release).await
    }

    /// Waits until every connection has taken all it may have, or is gone, or `limit` is over. Says
    /// whether nothing is left to send.
    pub async fn drained(&self, limit: Duration) -> bool {
        timeout(limit, self.ask(Order::Drain))
            .await
            .is_ok_and(|answer| answer.is_ok())
    }

    /// Ends the sender; once this returns, no post starts any more and those under way were dropped.
    pub async fn stop(&self) {
        // Without an answer it has ended already.
        let _: Result<(), Stopped> = self.ask(Order::Stop).await;
    }

    async fn order(&self, order: Order) -> Result<(), Stopped> {
        self.0.send(order).await.map_err(|_| Stopped)
    }

    async fn ask<T>(&self, order: impl FnOnce(oneshot::Sender<T>) -> Order) -> Result<T, Stopped> {
        let (answer, asked) = oneshot::channel();
        self.order(order(answer)).await?;
        asked.await.map_err(|_| Stopped)
    }
}
