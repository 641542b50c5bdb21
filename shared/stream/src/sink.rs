//! Handle to the dispatcher.

use std::collections::BTreeMap;
use std::time::Duration;

use longwire_core::event_batch::EventBatch;
use longwire_core::ids::ConnectionId;
use longwire_core::run::Cursor;
use longwire_protocol::numbered::Draft;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};

/// Number of commands that may wait. Further ones make [`EventSink::emit`] wait, and with it the model's stream.
const CAPACITY: usize = 256;

/// Error of a call after the dispatcher was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the dispatcher was stopped")]
pub struct Stopped;

/// Command to the dispatcher; see the method of [`EventSink`] that sends it.
pub(crate) enum Command {
    Emit(Draft),
    Attach(ConnectionId, Cursor),
    Detach(ConnectionId),
    OpeningUntil(BTreeMap<ConnectionId, Instant>),
    Cursors(oneshot::Sender<BTreeMap<ConnectionId, Cursor>>),
    Batch(oneshot::Sender<EventBatch>),
    Close(Draft, oneshot::Sender<EventBatch>),
    /// The owner has received the batch that ends with this event.
    ConfirmBatch(u64),
    Release,
    Reopen,
    Drain(oneshot::Sender<()>),
    Stop(oneshot::Sender<()>),
}

/// Handle to the dispatcher. Commands of all clones are executed in the order in which they were sent.
///
/// # Dropped futures
///
/// Every future of this handle may be dropped at any time. Its command has then either not been sent and has no
/// effect, or it is executed and only the answer is lost. No event is lost with the answer of [`Self::batch`] or
/// [`Self::close`]: the next batch has its events again.
#[derive(Debug, Clone)]
pub struct EventSink(mpsc::Sender<Command>);

pub(crate) fn channel() -> (EventSink, mpsc::Receiver<Command>) {
    let (sender, commands) = mpsc::channel(CAPACITY);
    (EventSink(sender), commands)
}

impl EventSink {
    /// Numbers the event and posts it to every subscriber. Events emitted without a pause share a post.
    pub async fn emit(&self, draft: impl Into<Draft>) -> Result<(), Stopped> {
        self.send(Command::Emit(draft.into())).await
    }

    /// Attaches a subscriber, which gets every event after the cursor. Events that memory no longer has are read
    /// from the durable log.
    ///
    /// A connection that is attached already is moved to the cursor; its post in flight completes first, its read in
    /// flight is dropped. A cursor set by a `resume` request is answered with `resumed` once the subscriber has the
    /// events that existed at the time of this call.
    pub async fn attach(&self, connection: ConnectionId, cursor: Cursor) -> Result<(), Stopped> {
        self.send(Command::Attach(connection, cursor)).await
    }

    /// Detaches a subscriber and drops its post in flight.
    pub async fn detach(&self, connection: ConnectionId) -> Result<(), Stopped> {
        self.send(Command::Detach(connection)).await
    }

    /// Sets the times until which connections may still be opening, attached or not: [`OPENING`](crate::post::OPENING)
    /// after their handshakes. A connection without a time counts as made when it is attached.
    pub async fn set_opening_until(
        &self,
        times: BTreeMap<ConnectionId, Instant>,
    ) -> Result<(), Stopped> {
        self.send(Command::OpeningUntil(times)).await
    }

    /// Returns the cursor of every subscriber: the last event it has taken.
    pub async fn cursors(&self) -> Result<BTreeMap<ConnectionId, Cursor>, Stopped> {
        self.ask(Command::Cursors).await
    }

    /// Returns the events that no batch contained so far, to be written to the durable log. One task at a time may
    /// ask for batches; calls at the same time may return the same events.
    pub async fn batch(&self) -> Result<EventBatch, Stopped> {
        self.ask_batch(Command::Batch).await
    }

    /// Appends the run's last event and returns it with the events that no batch contained so far. The last event is
    /// held back until [`Self::release`] or [`Self::reopen`]; events emitted after it are discarded.
    ///
    /// A further call replaces a last event that could not be committed: it returns all events since the batch
    /// before the first call.
    pub async fn close(&self, last: impl Into<Draft>) -> Result<EventBatch, Stopped> {
        let last = last.into();
        self.ask_batch(|answer| Command::Close(last, answer)).await
    }

    /// Releases the last event, whose commit succeeded: it may be posted now.
    pub async fn release(&self) -> Result<(), Stopped> {
        self.send(Command::Release).await
    }

    /// Drops the last event, because the run goes on: further events may follow. The next batch has the events that the
    /// batch of [`Self::close`] had before it.
    pub async fn reopen(&self) -> Result<(), Stopped> {
        self.send(Command::Reopen).await
    }

    /// Waits until every subscriber has taken all events it may have or is detached, for `limit` at most. Returns
    /// whether nothing is left to post.
    pub async fn drained(&self, limit: Duration) -> bool {
        timeout(limit, self.ask(Command::Drain))
            .await
            .is_ok_and(|answer| answer.is_ok())
    }

    /// Stops the dispatcher. After the return no post starts, and posts in flight have been dropped.
    pub async fn stop(&self) {
        // Without an answer the dispatcher has stopped already.
        let _: Result<(), Stopped> = self.ask(Command::Stop).await;
    }

    async fn send(&self, command: Command) -> Result<(), Stopped> {
        self.0.send(command).await.map_err(|_| Stopped)
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.send(command(answer)).await?;
        answered.await.map_err(|_| Stopped)
    }

    /// Asks for a batch and confirms it. The room for the confirmation is reserved beforehand, so that no await lies
    /// between receiving the batch and confirming it: a batch whose receiver was dropped is never confirmed.
    async fn ask_batch(
        &self,
        command: impl FnOnce(oneshot::Sender<EventBatch>) -> Command,
    ) -> Result<EventBatch, Stopped> {
        let (answer, answered) = oneshot::channel();
        let mut permits = self.0.reserve_many(2).await.map_err(|_| Stopped)?;
        let mut permit = || permits.next().expect("two permits were reserved");
        let (ask, confirm) = (permit(), permit());
        ask.send(command(answer));
        let batch = answered.await.map_err(|_| Stopped)?;
        confirm.send(Command::ConfirmBatch(batch.last));
        Ok(batch)
    }
}
