//! The sender: one task that owns a run's lines and every connection that watches them.
//!
//! ```text
//! drafts ──> EventLog: numbers, merges, keeps ──> one Outbox per connection: what next, and when ──> posts
//! ```
//!
//! - The [`log`] is the only place that numbers lines. Deltas of one message merge into one line until
//!   somebody takes it, so a connection that is slow, or gets a line per frame, still needs few posts, and
//!   everybody gets the same lines byte for byte.
//! - An outbox is pure: it says what its connection gets next and when. Only the hub, the task, does things.
//! - A connection has one post in flight because its watcher has room for one.
//! - Nobody shares anything: there is no lock, and the channel to the task is bounded.

mod coalesce;
mod dispatcher;
mod event_buffer;
pub mod event_log;
mod outbox;
mod pace;
pub mod post;
pub mod settings;
pub mod sink;
mod subscriber;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use dispatcher::Dispatcher;
use event_log::EventLog;
use post::Post;
use settings::{Notices, Settings};
use sink::EventSink;

/// Starts the task that sends a run's lines. It ends with [`EventSink::stop`], or when the last handle is
/// dropped; what is unsent then stays unsent, so ask [`EventSink::drained`] first.
///
/// `lease` says until when the last confirmed lease holds; no post starts later than the post's own time
/// limit before that.
pub fn spawn(
    settings: Settings,
    post: Post,
    lease: watch::Receiver<Instant>,
    log: EventLog,
) -> (EventSink, Notices) {
    let (handle, orders) = sink::channel();
    let (tell, notices) = mpsc::unbounded_channel();
    tokio::spawn(Dispatcher::new(settings, post, lease, log, tell).run(orders));
    (handle, notices)
}
