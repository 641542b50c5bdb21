//! Threads that have an unfinished run.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use longwire_core::ids::{Owner, RunId, ThreadId};
use longwire_core::thread_key::ThreadKey;
use serde::Deserialize;

use crate::error::StoreError;
use crate::item::{Item, read};
use crate::threads::Threads;
use crate::threads::keys::{self, PARTITION};

/// Run queue of a thread's item. Nothing else of it matters here.
#[derive(Deserialize)]
struct RunQueue {
    #[serde(default, rename = "line")]
    runs: Vec<RunId>,
}

impl Threads {
    /// Finds those of an owner's `threads`, 1 to 100, whose run queue is not empty. One consistent request reads all
    /// of them; it fails with [`StoreError::Unavailable`] when DynamoDB returns a part only.
    pub async fn busy(
        &self,
        owner: &Owner,
        threads: &BTreeSet<ThreadId>,
    ) -> Result<BTreeSet<ThreadId>, StoreError> {
        let keys = threads.iter().map(|thread_id| {
            let (owner, thread_id) = (owner.clone(), thread_id.clone());
            keys::item(&ThreadKey { owner, thread_id }, keys::META)
        });
        let metas = KeysAndAttributes::builder()
            .consistent_read(true)
            .set_keys(Some(keys.collect()))
            .build()?;
        let items = self.batch(metas).await?;
        items.into_iter().filter_map(busy_thread).collect()
    }
}

fn busy_thread(item: Item) -> Option<Result<ThreadId, StoreError>> {
    let partition = item.get(PARTITION)?.as_s().ok()?;
    let thread_id = ThreadKey::parse(partition)?.thread_id;
    match read::<RunQueue>(item) {
        Ok(queue) => (!queue.runs.is_empty()).then_some(Ok(thread_id)),
        Err(error) => Some(Err(error)),
    }
}
