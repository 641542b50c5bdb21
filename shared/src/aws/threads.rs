//! The `threads` table: a conversation's messages, runs and logs (design: one partition a thread, so a
//! foreign thread is another partition and not a check that can be forgotten).

pub mod item;
pub mod keys;
mod transact;

pub mod line;
pub mod wake;

mod record;
pub mod start;

pub mod control;
pub mod read;

use aws_sdk_dynamodb::Client;

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
