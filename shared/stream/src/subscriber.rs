//! A connection that watches the run, and its post in flight.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use futures::future::BoxFuture;
use tokio::time::Instant;

use crate::event_log::EventLog;
use crate::outbox::Outbox;
use crate::post::PostError;
use longwire_core::ids::ConnectionId;

pub(super) type Subscribers = BTreeMap<ConnectionId, Subscriber>;

/// A connection that watches. There is room for one post in flight, and dropping the watcher drops it.
pub(super) struct Subscriber {
    pub(super) outbox: Outbox,
    flight: Option<Flight>,
}

struct Flight {
    started: Instant,
    answer: BoxFuture<'static, Result<(), PostError>>,
}

impl Subscriber {
    pub(super) fn new(outbox: Outbox) -> Self {
        Self {
            outbox,
            flight: None,
        }
    }

    /// Goes on from another place, after the post in flight: until that lands, the new outbox makes no
    /// frame, so the landing finds nothing to take out of it.
    pub(super) fn rewind(&mut self, outbox: Outbox) {
        self.outbox = outbox;
    }

    pub(super) fn in_flight(&self) -> bool {
        self.flight.is_some()
    }

    /// It has taken everything it may have.
    pub(super) fn done(&self, log: &EventLog) -> bool {
        !self.in_flight() && self.outbox.done(log)
    }

    pub(super) fn launch(
        &mut self,
        started: Instant,
        answer: BoxFuture<'static, Result<(), PostError>>,
    ) {
        self.flight = Some(Flight { started, answer });
    }

    /// Tells the outbox what became of its post. An error means that nothing more can be sent.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), PostError>> {
        let Some(flight) = &mut self.flight else {
            return Poll::Pending;
        };
        let result = ready!(flight.answer.as_mut().poll(cx));
        let (now, started) = (Instant::now(), flight.started);
        self.flight = None;
        match result {
            Ok(()) => self.outbox.sent(now - started),
            Err(PostError::Slow) => self.outbox.slow(now),
            Err(PostError::Gone | PostError::Refused(_)) => return Poll::Ready(result),
        }
        Poll::Ready(Ok(()))
    }
}

/// Waits for a post to land. Returns the connection, and the error when nothing more can be sent there.
pub(super) async fn landing(watchers: &mut Subscribers) -> (ConnectionId, Result<(), PostError>) {
    poll_fn(|cx| {
        for (connection, watcher) in watchers.iter_mut() {
            if let Poll::Ready(result) = watcher.poll(cx) {
                return Poll::Ready((connection.clone(), result));
            }
        }
        Poll::Pending
    })
    .await
}
