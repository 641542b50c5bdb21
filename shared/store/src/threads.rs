//! The `threads` table: messages, runs, run queues and event logs.
//!
//! Each thread is one partition, so a request for a foreign thread reads another partition; there is no check that
//! could be forgotten.

pub mod keys;

mod read;
mod transact;
mod update_expression;

pub mod backwards;
pub mod event_log;
pub mod message_expiry;
pub mod message_id;
pub mod messages;

pub mod life;
pub mod meta;

pub mod advance;
pub mod delete;
mod leave;
pub mod run_queue;

pub mod call_results;
pub mod waiting;

pub mod hand_over;
mod progress;
mod run_row;
pub mod transition;

pub mod record;
mod take_back;

pub mod claim;
pub mod commit;
pub mod control;
pub mod lease;

pub mod active;
pub mod cancel;
pub mod counters;
pub mod overdue;
pub mod resume;
pub mod steer;

pub mod former_generation;

pub mod answer;
pub mod ended_run;
mod frame;

mod delete_items;

pub mod erase;

mod warm_up;

use aws_sdk_dynamodb::Client;

/// Client of the table. Cheap to clone. Time limits are those of the SDK client.
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
