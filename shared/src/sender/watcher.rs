//! A connection that watches the run, and its post in flight.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use tokio::time::Instant;

use super::outbox::Outbox;
use super::post::PostError;
use crate::ids::ConnectionId;

pub(super) type Watchers = BTreeMap<ConnectionId, Watcher>;

/// A connection that watches. There is room for one post in flight, and dropping the watcher drops it.
pub(super) struct Watcher {
    pub(super) outbox: Outbox,
    flight: Option<Flight>,
}

struct Flight {
    started: Instant,
    /// The frame is not this outbox's: the connection was wound back meanwhile.
    stale: bool,
    answer: BoxFuture<'static, Result<(), PostError>>,
}

impl Watcher {
    pub(super) fn new(outbox: Outbox) -> Self {
        Self {
            outbox,
            flight: None,
        }
    }

    /// Goes on from another place, after the post in flight.
    pub(super) fn rewind(&mut self, outbox: Outbox) {
        self.outbox = outbox;
        if let Some(flight) = &mut self.flight {
            flight.stale = true;
        }
    }

    pub(super) fn in_flight(&self) -> bool {
        self.flight.is_some()
    }

    pub(super) fn launch(
        &mut self,
        started: Instant,
        answer: BoxFuture<'static, Result<(), PostError>>,
    ) {
        self.flight = Some(Flight {
            started,
            stale: false,
            answer,
        });
    }

    /// Tells the outbox what became of its post. An error means that nothing more can be sent.
    fn land(
        &mut self,
        flight: &Flight,
        result: Result<(), PostError>,
        now: Instant,
    ) -> Result<(), PostError> {
        match result {
            Ok(()) if !flight.stale => self.outbox.sent(now - flight.started),
            Err(PostError::Slow) if !flight.stale => self.outbox.slow(now),
            Ok(()) | Err(PostError::Slow) => {}
            Err(error @ (PostError::Gone | PostError::Refused(_))) => return Err(error),
        }
        Ok(())
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), PostError>> {
        let Some(mut flight) = self.flight.take() else {
            return Poll::Pending;
        };
        match flight.answer.as_mut().poll(cx) {
            Poll::Ready(result) => Poll::Ready(self.land(&flight, result, Instant::now())),
            Poll::Pending => {
                self.flight = Some(flight);
                Poll::Pending
            }
        }
    }
}

/// Waits for a post to land. Returns the connection, and the error when nothing more can be sent there.
pub(super) async fn landing(watchers: &mut Watchers) -> (ConnectionId, Result<(), PostError>) {
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
