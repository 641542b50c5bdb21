//! Stream of one run: numbers the run's events and posts them to every subscriber.
//!
//! ```text
//!            EventSink       ┌──────────────── Dispatcher, one task ────────────────┐
//! emit(event) ──> Command ──>│ EventLog ──────> Subscriber ──> Outbox ──> frame ────│──> post(connection, frame)
//!            bounded channel │ numbers,         one post and   cursor,              │
//! notices <──────────────────│ coalesces,       one read       pages, <── page <────│──> read(after)
//!                            │ keeps the newest in flight      frames               │
//!                            └──────────────────────────────────────────────────────┘
//! ```
//!
//! An event becomes a frame in four steps. [`sink::EventSink::emit`] sends it to the dispatcher. The
//! [`event_log::EventLog`] gives it the run's next number, or appends a delta to the open event of the same message.
//! The outbox of each subscriber takes events from its cursor on, as soon as the connection's pace allows a post:
//! from the page it last read of the durable log, else from memory. It joins as many as the subscriber accepts in
//! one frame, or renders them in the subscriber's format, and the dispatcher posts the frame.
//!
//! # Invariants
//!
//! - Only the event log numbers events. A delta grows until a subscriber or a batch takes its event, so a slow
//!   subscriber needs few posts, and all subscribers and the durable log get the same events byte for byte.
//! - A connection has at most one post in flight, and a subscriber at most one read: it has room for one each.
//! - The dispatcher's task owns all state. Nothing is shared and there is no lock. An outbox is pure: it is told the
//!   time, and starts nothing.
//! - The channel to the dispatcher is bounded. A full channel makes [`sink::EventSink::emit`] wait, and with it the
//!   model's stream.
//! - No post starts unless the run lease outlives it.

pub mod notice;
pub mod settings;
pub mod sink;

pub mod post;
pub mod read;

mod dispatcher;
mod outbox;
mod pace;
mod retry;
mod subscriber;

mod coalesce;
mod event_buffer;
pub mod event_log;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tracing::Instrument;

use crate::dispatcher::Dispatcher;
use crate::event_log::EventLog;
use crate::notice::Notices;
use crate::post::Post;
use crate::read::ReadEvents;
use crate::settings::Settings;
use crate::sink::EventSink;

/// Starts the task that posts a run's events. The task ends with [`EventSink::stop`] or when the last `EventSink` is
/// dropped. Events that are not posted by then stay unposted; wait for [`EventSink::drained`] first.
///
/// `post` posts a frame to a connection. `read` reads the events that memory no longer has. `lease` holds when the
/// run lease expires: no post starts later than [`Settings::post_timeout`] before that. `log` numbers the events.
pub fn spawn(
    settings: Settings,
    post: Post,
    read: ReadEvents,
    lease: watch::Receiver<Instant>,
    log: EventLog,
) -> (EventSink, Notices) {
    let (sink, commands) = sink::channel();
    let (notify, notices) = mpsc::unbounded_channel();
    let dispatcher = Dispatcher::new(settings, post, read, lease, log, notify);
    // The lines that it logs name the run.
    tokio::spawn(dispatcher.run(commands).in_current_span());
    (sink, notices)
}
