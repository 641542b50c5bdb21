//! Threads on which a connection or a user has started runs, for the limit of active threads.
//!
//! A row names them. The set may contain threads whose runs have ended: only when it is full, the run queues decide, and
//! the set is replaced by what is still active. So a client that stays within the limit costs no read.
//!
//! A thread of a user is added before its run is recorded, with the time, so that a concurrent request does not take it for
//! an idle one. Where concurrent requests use threads that the set has already, they may exceed the limit, and so may those
//! of a connection, whose set is written beside the start.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use longwire_core::ids::{ConnectionId, Owner, ThreadId, UserId};
use serde::{Deserialize, Serialize};

use crate::connections::Connections;
use crate::error::StoreError;
use crate::item::{n, s};
use crate::threads::Threads;
use crate::update::{Updated, update};
use crate::users::Users;

/// Rounds of an admission to a set that other requests change at the same time.
const MAX_ROUNDS: usize = 3;

/// Set of threads in a row.
#[derive(Debug, Clone)]
pub struct ActiveThreads {
    /// Update of the row, without an expression.
    row: UpdateItemFluentBuilder,
    /// Beginning of each condition.
    condition: &'static str,
}

/// Thread of such a set. It is stored as the id of the thread, with the time after an `@`, which no id contains.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct ActiveThread {
    /// Thread.
    pub thread: ThreadId,
    /// Time at which a run was admitted there, in milliseconds since 1970. It may not be recorded yet. `None` where
    /// concurrent requests may exceed the limit.
    pub admitted_at: Option<u64>,
}

impl From<String> for ActiveThread {
    fn from(text: String) -> Self {
        let (thread, admitted_at) = match text.split_once('@') {
            Some((thread, time)) => (thread.to_owned(), time.parse().ok()),
            None => (text, None),
        };
        Self {
            thread: ThreadId::trusted(thread),
            admitted_at,
        }
    }
}

impl From<ActiveThread> for String {
    fn from(active: ActiveThread) -> Self {
        let ActiveThread {
            thread,
            admitted_at,
        } = active;
        match admitted_at {
            Some(time) => format!("{thread}@{time}"),
            None => thread.to_string(),
        }
    }
}

impl From<ThreadId> for ActiveThread {
    fn from(thread: ThreadId) -> Self {
        Self {
            thread,
            admitted_at: None,
        }
    }
}

/// Thread that is to be admitted to a set.
#[derive(Debug, Clone, Copy)]
pub struct Admission<'a> {
    /// Owner of the threads of the set.
    pub owner: &'a Owner,
    /// The thread.
    pub thread: &'a ActiveThread,
    /// Most threads of the set.
    pub max: u32,
    /// Current time, in milliseconds since 1970.
    pub now: u64,
}

/// Outcome of an admission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admitted {
    /// The set contains the thread.
    Admitted,
    /// So many other threads have unfinished runs.
    TooMany,
    /// There is no row any more.
    Missing,
}

/// Outcome of adding a thread to the set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ThreadAdded {
    /// The set contains the thread.
    Added,
    /// The set is full; its threads.
    Full(BTreeSet<ActiveThread>),
    /// There is no row any more.
    Missing,
}

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    threads: BTreeSet<ActiveThread>,
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
    pub async fn add(&self, thread: &ActiveThread, max: u32) -> Result<ThreadAdded, StoreError> {
        let add = self
            .request(
                "(attribute_not_exists(#threads) OR contains(#threads, :thread) \
                 OR size(#threads) < :max)",
            )
            .update_expression("ADD #threads :added")
            .expression_attribute_values(":added", set([thread]))
            .expression_attribute_values(":thread", s(thread.clone()))
            .expression_attribute_values(":max", n(max));
        Ok(match update::<Row>(add).await? {
            Updated::Done(_) => ThreadAdded::Added,
            Updated::ConditionFailed(Some(row)) => ThreadAdded::Full(row.threads),
            Updated::ConditionFailed(None) => ThreadAdded::Missing,
        })
    }

    /// Adds one more thread; to a set that is full, in place of threads whose runs have ended.
    pub async fn admit(
        &self,
        threads: &Threads,
        admission: Admission<'_>,
    ) -> Result<Admitted, StoreError> {
        let Admission {
            owner,
            thread,
            max,
            now,
        } = admission;
        for _ in 0..MAX_ROUNDS {
            let known = match self.add(thread, max).await? {
                ThreadAdded::Added => return Ok(Admitted::Admitted),
                ThreadAdded::Missing => return Ok(Admitted::Missing),
                ThreadAdded::Full(known) => known,
            };
            let mut active = threads.active(owner, &known, now).await?;
            active.retain(|other| other.thread != thread.thread);
            if active.len() >= max as usize {
                return Ok(Admitted::TooMany);
            }
            active.insert(thread.clone());
            if self.replace(&known, &active).await? {
                return Ok(Admitted::Admitted);
            }
        }
        Ok(Admitted::TooMany)
    }

    /// Replaces the set, which must not be empty. Returns `false` when another request changed it meanwhile.
    async fn replace(
        &self,
        known: &BTreeSet<ActiveThread>,
        threads: &BTreeSet<ActiveThread>,
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

fn set<'a>(threads: impl IntoIterator<Item = &'a ActiveThread>) -> AttributeValue {
    let threads = threads.into_iter().cloned().map(String::from);
    AttributeValue::Ss(threads.collect())
}
