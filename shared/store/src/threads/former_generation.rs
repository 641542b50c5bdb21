//! Generations of threads that ended, as the table's stream tells.

use longwire_core::thread_key::ThreadKey;
use serde::Deserialize;
use serde_dynamo::{Item as StreamItem, from_item};

use crate::error::StoreError;
use crate::threads::keys;

/// Generation of a thread that is no longer the current one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerGeneration {
    /// The thread.
    pub key: ThreadKey,
    /// Generation, as it is in the keys of the messages.
    pub generation: u64,
}

/// Change of an item of the table, as a record of the table's stream describes it (DynamoDB Streams, "StreamRecord").
#[derive(Debug, Clone)]
pub struct Change {
    /// Primary key of the item.
    pub keys: StreamItem,
    /// Item before the change; empty for a new item.
    pub before: StreamItem,
    /// Item after the change; empty for a deleted item.
    pub after: StreamItem,
}

/// Primary key of a stream record.
#[derive(Deserialize)]
pub(super) struct Key {
    pub(super) thread: String,
    pub(super) item: String,
}

/// Attributes of a thread's own item.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Generation {
    pub(super) born: u64,
    /// Time of the last deletion, in milliseconds since 1970.
    #[serde(default)]
    pub(super) deleted_at: Option<u64>,
}

impl Change {
    /// Returns the generation that the change of a thread's own item ended; `None` for a change that ended none, and
    /// for other items. Fails with [`StoreError::Corrupt`] when the record does not have the shape of one.
    pub fn former_generation(self) -> Result<Option<FormerGeneration>, StoreError> {
        let Key { thread, item } = from_item(self.keys)?;
        let Some(key) = keys::parse_meta(&thread, &item) else {
            return Ok(None);
        };
        let Some(generation) = born(self.before)? else {
            return Ok(None);
        };
        let ended = born(self.after)? != Some(generation);
        Ok(ended.then_some(FormerGeneration { key, generation }))
    }
}

/// Generation in the item of a thread; `None` when there is no item.
fn born(item: StreamItem) -> Result<Option<u64>, StoreError> {
    if item.is_empty() {
        return Ok(None);
    }
    let Generation { born, .. } = from_item(item)?;
    Ok(Some(born))
}
