//! Lines that connections want and memory does not have, from the durable log.

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use longwire_core::event_batch::EventBatch;
use longwire_core::ids::{ConnectionId, RunId};
use longwire_core::thread_key::ThreadKey;
use longwire_store::threads::Threads;
use longwire_stream::sink::{EventSink, Stopped};

use longwire_core::clock;

/// The pages of one run that are being read, one for each connection at most.
pub(crate) struct Pages {
    threads: Threads,
    key: ThreadKey,
    run_id: RunId,
    lines: EventSink,
    reading: FuturesUnordered<BoxFuture<'static, (ConnectionId, Option<EventBatch>)>>,
}

impl Pages {
    /// For the connections of this sender.
    pub(crate) fn new(
        threads: &Threads,
        key: &ThreadKey,
        run_id: &RunId,
        lines: &EventSink,
    ) -> Self {
        Self {
            threads: threads.clone(),
            key: key.clone(),
            run_id: run_id.clone(),
            lines: lines.clone(),
            reading: FuturesUnordered::new(),
        }
    }

    /// The connection wants the lines after this one.
    pub(crate) fn want(&mut self, connection: ConnectionId, after: u64) {
        let (threads, key, run_id) = (self.threads.clone(), self.key.clone(), self.run_id.clone());
        self.reading.push(Box::pin(async move {
            let page = threads
                .events_after(&key, &run_id, after, clock::unix_seconds())
                .await;
            let page = page.unwrap_or_else(|fault| {
                tracing::warn!(%fault, "a page of the log could not be read");
                None
            });
            (connection, page)
        }));
    }

    /// Hands over the next page that was read. Never returns while none is being read.
    pub(crate) async fn turn(&mut self) -> Result<(), Stopped> {
        match self.reading.next().await {
            Some((connection, page)) => self.lines.fill(connection, page).await,
            None => std::future::pending().await,
        }
    }
}
