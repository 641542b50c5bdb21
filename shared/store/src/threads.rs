//! The `threads` table: messages, runs, run queues and event logs.
//!
//! Each thread is one partition, so a foreign thread is another partition and not a check that could be forgotten.

pub mod keys;

mod change;
pub mod item;
mod transact;
pub(crate) mod update;

pub mod backwards;
pub mod messages;
pub mod run_queue;

pub mod record;
pub mod transition;

pub mod cancel;
pub mod claim;
pub mod control;
pub mod lease;
pub mod log;
pub mod overdue;
pub mod resume;

use std::time::Duration;

use aws_sdk_dynamodb::Client;

/// Time after the expiry of a lease by which an unfinished run must have moved.
const WAKE_AFTER_LEASE: Duration = Duration::from_secs(120);

/// Client of the table. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Threads {
    client: Client,
    table: String,
}

impl Threads {
    /// Wraps a client and the name of the table.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
        }
    }
}
