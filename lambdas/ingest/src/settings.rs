//! Settings of the deployment.

use std::time::Duration;

use longwire_core::limits::LimitPolicy;
use longwire_core::options::OnGone;
use longwire_core::rooms::Rooms;
use longwire_store::connections::rate::Rate;
use longwire_store::threads::life::ThreadLife;

/// Settings of the deployment for this function.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Policy for a run without subscribers, unless the client chose one.
    pub on_gone: OnGone,
    /// Lifetime of threads.
    pub life: ThreadLife,
    /// Time after the end of a run during which its events can be resumed.
    pub replay: Duration,
    /// Requests that a connection may send.
    pub rate: Rate,
    /// Limits of what users may spend.
    pub limits: LimitPolicy,
    /// Threads on which a connection may have unfinished runs; 0 turns the limit off.
    pub active_threads: u32,
    /// Rooms, and the groups that may be in them.
    pub rooms: Rooms,
}
