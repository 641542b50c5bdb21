//! Subscriber: a connection attached to the run, with its post and its read in flight.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use longwire_core::ids::ConnectionId;
use longwire_core::run::Cursor;
use tokio::time::Instant;

use crate::event_log::EventLog;
use crate::outbox::Outbox;
use crate::pace::Pace;
use crate::post::{OPENING, PostError, PostFuture};
use crate::read::ReadFuture;
use crate::retry::Retry;

/// Most posts to a subscriber that may be refused. A client that misses a frame asks for it again, and might be
/// refused it for as long as the run takes.
const MAX_REFUSED: u32 = 10;

/// Pause after status 410 from a connection of unknown age: longer than it takes to learn its age, so that one that is
/// gone gets no second post.
const UNKNOWN_AGE_PAUSE: Duration = Duration::from_millis(500);

pub(crate) type Subscribers = BTreeMap<ConnectionId, Subscriber>;

/// Connection attached to the run. Dropping it drops its post and its read in flight.
pub(crate) struct Subscriber {
    outbox: Outbox,
    pace: Pace,
    /// Opening of the connection.
    opening: Opening,
    post: Option<PostFuture>,
    /// Attempts to post the first frame of the outbox.
    post_retry: Retry,
    /// Number of posts that were refused.
    refused: u32,
    read: Option<ReadFuture>,
    /// Attempts to read the page that the outbox is missing.
    read_retry: Retry,
}

/// Opening of a connection, after which status 410 means that it is gone.
#[derive(Debug, Clone, Copy)]
enum Opening {
    /// Age unknown: may be opening until this time.
    Unknown(Instant),
    /// Age unknown, and status 410 was answered: may be opening until this time.
    Answered410(Instant),
    /// Age known: may be opening until this time.
    Until(Instant),
    /// Open: a frame was taken.
    Over,
}

/// Failure that a retry does not resolve.
#[derive(Debug)]
pub(crate) enum Loss {
    /// The connection no longer exists: the subscriber is to be given up.
    Gone,
    /// The frame was refused, for this reason, and dropped.
    FrameRefused(String),
    /// Too many frames were refused, the last one for this reason: the subscriber is to be given up.
    TooManyRefused(String),
    /// The durable log does not have the events that the subscriber is missing: it is to be given up.
    Events,
}

impl Subscriber {
    /// Makes a subscriber that is attached at `now`. Until it is known when its connection was made, it counts as made
    /// now.
    pub(crate) fn new(outbox: Outbox, pace: Pace, now: Instant) -> Self {
        Self {
            outbox,
            pace,
            opening: Opening::Unknown(now + OPENING),
            post: None,
            post_retry: Retry::default(),
            refused: 0,
            read: None,
            read_retry: Retry::default(),
        }
    }

    /// Continues at another cursor. The read in flight is for the old cursor and is dropped. The post in flight
    /// cannot be taken back: until it completes the new outbox makes no frame, so its result changes nothing there.
    pub(crate) fn move_to(&mut self, outbox: Outbox) {
        self.outbox = outbox;
        self.post_retry = Retry::default();
        self.read = None;
        self.read_retry = Retry::default();
    }

    /// Sets the time until which the connection may still be opening, unless it has taken a frame. Returns whether an
    /// earlier answer 410 means that it is gone.
    pub(crate) fn set_opening_until(&mut self, until: Instant, now: Instant) -> bool {
        let answered_410 = matches!(self.opening, Opening::Answered410(_));
        if !matches!(self.opening, Opening::Over) {
            self.opening = Opening::Until(until);
        }
        answered_410 && until <= now
    }

    /// Cursor of the subscriber.
    pub(crate) fn cursor(&self) -> Cursor {
        self.outbox.cursor()
    }

    /// Tells whether the subscriber has taken every event it may have.
    pub(crate) fn done(&self, log: &EventLog) -> bool {
        self.post.is_none() && self.outbox.done(log)
    }

    /// Time at which the subscriber is given up, when each attempt fails for `limit`.
    pub(crate) fn stuck_at(&self, limit: Duration) -> Option<Instant> {
        let since = [self.post_retry.since(), self.read_retry.since()];
        since.into_iter().flatten().min().map(|since| since + limit)
    }

    /// Adds `alive` to the frames of an `agui` subscriber that has nothing else to take.
    pub(crate) fn add_alive(&mut self, log: &EventLog) {
        if self.done(log) {
            self.outbox.add_alive(log);
        }
    }

    /// Time at which the next post should start; `None` while one is in flight and while there is nothing to post.
    /// `rate` is the arrival rate in deltas per second.
    pub(crate) fn post_due(&self, log: &EventLog, rate: f64, now: Instant) -> Option<Instant> {
        if self.post.is_some() {
            return None;
        }
        let ready = self.outbox.ready_at(log, self.pace.waits(rate), now)?;
        let earliest = [self.pace.next_start(), self.post_retry.retry_at()];
        earliest.into_iter().flatten().chain([ready]).max()
    }

    /// Returns the frame to post now; `None` when the events that were left have no frame in the subscriber's format.
    pub(crate) fn next_frame(&mut self, log: &mut EventLog) -> Option<String> {
        self.outbox.next_frame(log)
    }

    pub(crate) fn start_post(&mut self, post: PostFuture, now: Instant) {
        self.pace.started(now);
        self.post_retry.started(now);
        self.post = Some(post);
    }

    /// Time at which the next read should start; `None` while one is in flight and while no event is missing.
    pub(crate) fn read_due(&self, log: &EventLog, now: Instant) -> Option<Instant> {
        let due = self.read.is_none() && self.outbox.missing(log);
        due.then(|| self.read_retry.retry_at().unwrap_or(now))
    }

    /// Number of the event after which the next read begins.
    pub(crate) fn read_after(&self) -> u64 {
        self.outbox.rendered()
    }

    pub(crate) fn start_read(&mut self, read: ReadFuture, now: Instant) {
        self.read_retry.started(now);
        self.read = Some(read);
    }

    /// Polls the post in flight and applies its result.
    fn poll_post(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Loss>> {
        let Some(post) = &mut self.post else {
            return Poll::Pending;
        };
        let result = ready!(post.as_mut().poll(cx));
        self.post = None;
        let now = Instant::now();
        match result {
            Ok(()) => {
                self.pace.completed(now);
                self.opening = Opening::Over;
                self.post_retry.succeeded();
                self.outbox.frame_taken();
            }
            // Later events coalesce meanwhile.
            Err(PostError::Slow) => self.post_retry.failed(now),
            Err(PostError::Gone) => return Poll::Ready(self.answered_gone(now)),
            Err(PostError::Refused(reason)) => return Poll::Ready(Err(self.refuse(reason, now))),
        }
        Poll::Ready(Ok(()))
    }

    /// Applies the answer 410.
    fn answered_gone(&mut self, now: Instant) -> Result<(), Loss> {
        match self.opening {
            Opening::Unknown(until) | Opening::Answered410(until) if now < until => {
                self.opening = Opening::Answered410(until);
                self.post_retry.failed_for(now, UNKNOWN_AGE_PAUSE);
            }
            Opening::Until(until) if now < until => self.post_retry.failed(now),
            Opening::Unknown(_) | Opening::Answered410(_) | Opening::Until(_) | Opening::Over => {
                return Err(Loss::Gone);
            }
        }
        Ok(())
    }

    /// Drops the refused frame. The next one waits as a retry does, so that later events coalesce, and a deployment
    /// that may not post at all is not asked at the pace of its events.
    fn refuse(&mut self, reason: String, now: Instant) -> Loss {
        self.outbox.frame_refused();
        self.post_retry.gave_up(now);
        self.refused += 1;
        if self.refused < MAX_REFUSED {
            Loss::FrameRefused(reason)
        } else {
            Loss::TooManyRefused(reason)
        }
    }

    /// Polls the read in flight and applies its result.
    fn poll_read(&mut self, log: &EventLog, cx: &mut Context<'_>) -> Poll<Result<(), Loss>> {
        let Some(read) = &mut self.read else {
            return Poll::Pending;
        };
        let result = ready!(read.as_mut().poll(cx));
        self.read = None;
        let (now, next) = (Instant::now(), self.outbox.rendered() + 1);
        match result {
            Ok(Some(page)) if page.first == next && !page.is_empty() => {
                self.read_retry.succeeded();
                self.outbox.add_page(page, log);
            }
            Ok(_) if log.is_durable(next) => return Poll::Ready(Err(Loss::Events)),
            // The batch with the event is still being written.
            Ok(_) => self.read_retry.failed(now),
            Err(error) => {
                tracing::warn!(
                    event = "event_log_read_failed",
                    %error,
                    "a page of the event log could not be read; it is read again"
                );
                self.read_retry.failed(now);
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// Waits until a post or a read completes. Returns the connection, and the failure that the dispatcher must act on.
///
/// A result is applied in the poll that receives it, so nothing is lost when this future is dropped.
pub(crate) async fn completion(
    subscribers: &mut Subscribers,
    log: &EventLog,
) -> (ConnectionId, Result<(), Loss>) {
    poll_fn(|cx| {
        for (connection, subscriber) in subscribers.iter_mut() {
            let completed = match subscriber.poll_post(cx) {
                Poll::Ready(result) => Poll::Ready(result),
                Poll::Pending => subscriber.poll_read(log, cx),
            };
            if let Poll::Ready(result) = completed {
                return Poll::Ready((connection.clone(), result));
            }
        }
        Poll::Pending
    })
    .await
}
