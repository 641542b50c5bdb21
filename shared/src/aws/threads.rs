//! The `threads` table: a conversation's messages, runs and logs (one partition a thread, so
//! that a foreign thread is another partition and not a check that could be forgotten).

mod change;
pub mod item;
pub mod keys;
mod transact;
mod update;

pub mod line;
pub mod overdue;
pub mod wake;

mod record;
pub mod start;

pub mod messages;
pub mod read;

pub mod transition;

pub mod cancel;
pub mod control;
pub mod fence;
pub mod log;
pub mod take;

use std::time::Duration;

use aws_sdk_dynamodb::Client;

/// How long after its owner's lease an unfinished run must have been moved by somebody.
const WAKE_AFTER_LEASE: Duration = Duration::from_secs(120);

/// The table's client. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Threads {
    client: Client,
    table: String,
}

impl Threads {
    /// Over this client and table.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
        }
    }
}
