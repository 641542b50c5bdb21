//! Notices about subscribers that were given up.

use longwire_core::ids::ConnectionId;
use tokio::sync::mpsc;

/// Reason why a subscriber was given up. The subscriber is detached already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The connection no longer exists.
    Gone(ConnectionId),
    /// The connection took no frame, or an older event could not be read, for
    /// [`Settings::stuck_after`](crate::settings::Settings::stuck_after); or the durable log does not have the event;
    /// or too many posts were refused.
    Stuck(ConnectionId),
}

/// Receiver of notices. Each attachment causes at most one.
pub type Notices = mpsc::UnboundedReceiver<Notice>;
