//! Threads on which a connection or a user has started runs, for the limit of active threads.
//!
//! A row names them. The set may contain threads whose runs have ended: only when it is full, the run queues decide, and
//! the set is replaced by what is still active. So a client that stays within the limit costs no read. Concurrent requests
//! may exceed the limit by a thread each.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use longwire_core::ids::{ConnectionId, ThreadId, UserId};
use serde::Deserialize;

use crate::connections::Connections;
use crate::error::StoreError;
use crate::item::{n, s};
use crate::update::{Updated, update};
use crate::users::Users;

/// Set of threads in a row.
#[derive(Debug, Clone)]
pub struct ActiveThreads {
    /// Update of the row, without an expression.
    row: UpdateItemFluentBuilder,
    /// Beginning of each condition.
    condition: &'static str,
}

/// Outcome of adding a thread to the set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ThreadAdded {
    /// The set contains the thread.
    Added,
    /// The set is full; its threads.
    Full(BTreeSet<ThreadId>),
    /// There is no row any more.
    Missing,
}

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    threads: BTreeSet<ThreadId>,
}

impl Connections {
    /// Threads of a connection.
    pub fn active_threads(&self, id: &ConnectionId) -> ActiveThreads {
        ActiveThreads {
            row: self.row_request(id),
            condition: "attribute_exists(#connection) AND ",
        }
    }
}

impl Users {
    /// Threads of a user, over all connections.
    pub fn active_threads(&self, user: &UserId) -> ActiveThreads {
        ActiveThreads {
            row: self.budget_request(user),
            condition: "",
        }
    }
}

impl ActiveThreads {
    /// Adds a thread to the set, unless the set has `max` others.
    pub async fn add(&self, thread: &ThreadId, max: u32) -> Result<ThreadAdded, StoreError> {
        let add = self
            .request(
                "(attribute_not_exists(#threads) OR contains(#threads, :thread) \
                 OR size(#threads) < :max)",
            )
            .update_expression("ADD #threads :added")
            .expression_attribute_values(":added", set([thread]))
            .expression_attribute_values(":thread", s(thread.as_str()))
            .expression_attribute_values(":max", n(max));
        Ok(match update::<Row>(add).await? {
            Updated::Done(_) => ThreadAdded::Added,
            Updated::ConditionFailed(Some(row)) => ThreadAdded::Full(row.threads),
            Updated::ConditionFailed(None) => ThreadAdded::Missing,
        })
    }

    /// Replaces the set, which must not be empty. Returns `false` when another request changed it meanwhile.
    pub async fn replace(
        &self,
        known: &BTreeSet<ThreadId>,
        threads: &BTreeSet<ThreadId>,
    ) -> Result<bool, StoreError> {
        let replace = self
            .request("#threads = :known")
            .update_expression("SET #threads = :threads")
            .expression_attribute_values(":threads", set(threads))
            .expression_attribute_values(":known", set(known));
        Ok(match update::<Row>(replace).await? {
            Updated::Done(_) => true,
            // After a lost response the first request took effect.
            Updated::ConditionFailed(row) => row.is_some_and(|row| row.threads == *threads),
        })
    }

    fn request(&self, condition: &str) -> UpdateItemFluentBuilder {
        self.row
            .clone()
            .expression_attribute_names("#threads", "threads")
            .condition_expression(format!("{}{condition}", self.condition))
    }
}

fn set<'a>(threads: impl IntoIterator<Item = &'a ThreadId>) -> AttributeValue {
    let threads = threads.into_iter().map(|id| id.as_str().to_owned());
    AttributeValue::Ss(threads.collect())
}
