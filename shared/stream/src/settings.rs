//! What a deployment or a test may set, and what the sender tells its owner.

use std::time::Duration;

use tokio::sync::mpsc;

use longwire_core::ids::ConnectionId;

/// The sender's times and sizes.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a delta may wait for others once posts cannot keep pace with them. 33 ms reads as
    /// fluent; 100 ms is cheap.
    pub window: Duration,
    /// The most one attempt of a post may take; the lease must hold at least that much longer.
    pub post_timeout: Duration,
    /// A connection that takes no frame for so long is detached.
    pub stuck_after: Duration,
    /// After so long without a line, `agui` connections are told that the run is alive.
    pub alive_every: Duration,
    /// The most memory for lines that are in the durable log already, in bytes (see [`super::event_log::EventLog::trim`]).
    pub memory: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            window: Duration::from_millis(33),
            post_timeout: Duration::from_secs(5),
            stuck_after: Duration::from_secs(30),
            alive_every: Duration::from_secs(15),
            memory: 4 * 1024 * 1024,
        }
    }
}

/// Something the sender's owner must know. Who is gone or stuck is detached already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// It does not exist any more, or refuses posts for good.
    Gone(ConnectionId),
    /// It took nothing for [`Settings::stuck_after`], or the lines it lacks cannot be had any more.
    Stuck(ConnectionId),
    /// The connection, which stays attached, lacks lines that are not in memory: it wants the page of the durable
    /// log that follows this line ([`EventSink::fill`](super::handle::EventSink::fill)).
    Wants(ConnectionId, u64),
}

/// Where notices arrive: one end per attachment at most, and one wish per page.
pub type Notices = mpsc::UnboundedReceiver<Notice>;
