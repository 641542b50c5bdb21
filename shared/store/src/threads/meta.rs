//! The thread's own item.

use longwire_core::ids::RunId;
use longwire_core::pending::Pending;
use longwire_core::run::RunRow;
use longwire_core::thread_key::ThreadKey;
use serde::Deserialize;

use crate::error::StoreError;
use crate::threads::Threads;
use crate::threads::keys;

/// Item of a thread. Times are seconds since 1970 unless a field says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    /// Generation of the thread: part of the keys of its messages, so that a thread does not contain those of a former
    /// generation. The first one is the time of the first run; the first run after the expiry, and a deletion, raise it.
    #[serde(rename = "born")]
    pub generation: u64,
    /// Unfinished runs in order; the first is active.
    #[serde(default, rename = "line")]
    pub run_queue: Vec<RunId>,
    /// Wait of the thread, which begins no run meanwhile.
    #[serde(default)]
    pub pending: Option<Pending>,
    /// Run that was appended last.
    #[serde(default)]
    pub latest: Option<RunId>,
    /// Number of the last message; absent until a run has ended since 0.1.0.
    #[serde(default)]
    pub tip: Option<u64>,
    /// Estimated tokens of the conversation, without system prompt and tools; absent until a user with limits has used it.
    #[serde(default)]
    pub last_input: Option<u64>,
    /// Latest time at which an appended run was recorded, in milliseconds since 1970.
    #[serde(default)]
    pub recorded_at: Option<u64>,
    /// Time of the last deletion, in milliseconds since 1970: later than that of all runs that were appended before it.
    #[serde(default)]
    pub deleted_at: Option<u64>,
    /// Time of the last append.
    pub updated_at: u64,
    /// Expiry of the thread; `None` for a thread without one.
    #[serde(default)]
    pub ttl: Option<u64>,
}

impl Meta {
    /// First run of the queue.
    pub(super) fn head(&self) -> Option<&RunId> {
        self.run_queue.first()
    }

    /// Active run: the first of the queue, unless the thread waits.
    pub fn active(&self) -> Option<&RunId> {
        self.head().filter(|_| self.pending.is_none())
    }

    pub(super) fn into_active(self) -> Option<RunId> {
        self.active().cloned()
    }

    /// Tells whether the thread is expired at `now`. DynamoDB deletes expired items days late, so only this
    /// comparison decides. A thread with a run in its queue does not expire.
    pub fn expired(&self, now: u64) -> bool {
        self.run_queue.is_empty() && self.ttl.is_some_and(|ttl| ttl <= now)
    }

    /// Tells whether the thread was deleted after `recorded_at`, in milliseconds since 1970.
    pub fn deleted_after(&self, recorded_at: u64) -> bool {
        self.deleted_at
            .is_some_and(|deleted_at| recorded_at < deleted_at)
    }

    /// Tells whether a run belongs to this generation of the thread. A run without a stored message names none; it
    /// belongs to the thread unless the thread was deleted since.
    pub fn has(&self, row: &RunRow) -> bool {
        match row.generation {
            Some(generation) => generation == self.generation,
            None => !self.deleted_after(row.recorded_at()),
        }
    }

    pub(super) fn position(&self, run_id: &RunId) -> Option<usize> {
        self.run_queue.iter().position(|queued| queued == run_id)
    }
}

impl Threads {
    /// Reads the thread's own item consistently. A thread that is expired at `now`, in seconds since 1970, counts as
    /// absent.
    pub async fn meta(&self, key: &ThreadKey, now: u64) -> Result<Option<Meta>, StoreError> {
        let meta: Option<Meta> = self.get(key, keys::META.to_owned()).await?;
        Ok(meta.filter(|meta| !meta.expired(now)))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;

    /// A thread's own item with some of its attributes changed.
    pub(crate) fn meta(changed: &Value) -> Meta {
        let mut meta = json!({ "born": 5, "updatedAt": 1 });
        let changed = changed.as_object().expect("attributes").clone();
        meta.as_object_mut().expect("an item").extend(changed);
        from_value(meta).expect("an item")
    }

    fn row(changed: &Value) -> RunRow {
        let mut row = json!({
            "v": 2, "status": "finished", "epoch": 1, "onGone": "cancel", "messageId": "u_1",
            "startedAt": 10, "ttl": 0
        });
        let changed = changed.as_object().expect("attributes").clone();
        row.as_object_mut().expect("a row").extend(changed);
        from_value(row).expect("a row")
    }

    #[test]
    fn a_thread_expires_by_the_clock_unless_its_run_queue_has_runs() {
        assert!(meta(&json!({ "ttl": 10 })).expired(10));
        assert!(!meta(&json!({ "ttl": 11 })).expired(10));
        let busy = meta(&json!({ "ttl": 10, "line": ["r"] }));
        assert!(!busy.expired(10), "the queued run would be lost");
        assert!(!meta(&json!({})).expired(10));
    }

    #[test]
    fn a_run_belongs_to_the_generation_that_it_names() {
        let thread = meta(&json!({ "deletedAt": 10_500 }));
        assert!(thread.has(&row(&json!({ "generation": 5 }))));
        assert!(!thread.has(&row(&json!({ "generation": 4 }))));
    }

    #[test]
    fn a_run_without_a_message_belongs_to_the_thread_unless_it_was_deleted_since() {
        let thread = meta(&json!({ "deletedAt": 10_500 }));
        assert!(!thread.has(&row(&json!({ "recordedAt": 10_499 }))));
        assert!(thread.has(&row(&json!({ "recordedAt": 10_500 }))));
        assert!(
            !thread.has(&row(&json!({}))),
            "a row of the previous version"
        );
        assert!(meta(&json!({})).has(&row(&json!({}))));
    }
}
