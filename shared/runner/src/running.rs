//! A run while a worker has it, and how it ceases to.

use longwire_store::threads::lease::RunLease;
use longwire_stream::sink::{EventSink, Stopped};

use crate::deps::Deps;
use crate::taken::Taken;

/// This worker's word for the run no longer holds, or the store does not take it. Nothing more may be
/// written or posted; the message goes back to the queue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the run is not this worker's any more: {0}")]
pub struct Lost(pub String);

impl Lost {
    /// The row says so.
    pub fn fenced() -> Self {
        Self("another worker owns it, or it has ended".to_owned())
    }
}

impl From<Stopped> for Lost {
    fn from(stopped: Stopped) -> Self {
        Self(stopped.to_string())
    }
}

/// A run while a worker has it: what all its parts look at.
pub struct Running<'a> {
    /// What the worker works with.
    pub deps: &'a Deps,
    /// How the run came here.
    pub taken: Taken<'a>,
    /// This worker's right to write it.
    pub fence: RunLease,
    /// Where its lines go.
    pub lines: EventSink,
}
