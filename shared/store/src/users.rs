//! The `users` table: budgets, usage and inboxes of users, one-time tickets, and users whose access was ended.
//!
//! The partition key of what belongs to a user is the user's id. A ticket must be found without knowing whose it is; it has
//! a partition of its own, with a character that no id contains.

pub mod budget;
pub mod inbox;
pub mod prompted;
pub mod tickets;
pub mod usage;

mod dates;
mod revocation;

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::item::s;

/// Attribute of the partition key.
const PARTITION: &str = "user";

/// Attribute of the sort key.
const SORT: &str = "item";

/// Client of the table. Cheap to clone. Time limits are those of the SDK client.
#[derive(Debug, Clone)]
pub struct Users {
    client: Client,
    table: String,
}

impl Users {
    /// Wraps a client and the name of the table.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
        }
    }
}

fn key(partition: impl Into<String>, item: &str) -> HashMap<String, AttributeValue> {
    HashMap::from([
        (PARTITION.to_owned(), s(partition)),
        (SORT.to_owned(), s(item)),
    ])
}
