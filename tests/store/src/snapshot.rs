//! State of the thread: its run queue and the rows of its runs.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use longwire_core::ids::RunId;
use longwire_core::run::RunRow;
use longwire_core::thread_key::ThreadKey;
use longwire_store::item::{Item, read};
use longwire_store::threads::keys::{self, META, SORT, parse_run, run};
use longwire_store::threads::run_queue::Meta;

use crate::run_names::run_names;

/// State of the thread at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Snapshot {
    /// Run queue.
    pub run_queue: Vec<RunId>,
    /// Rows of runs.
    pub rows: BTreeMap<RunId, RunRow>,
}

impl Snapshot {
    /// Reads the state in one request. Panics when the emulator fails, because nothing can be checked then.
    pub(crate) async fn read(client: &Client, table: &str, key: &ThreadKey) -> Self {
        let items = run_names().map(|name| run(&name)).chain([META.to_owned()]);
        let keys = items.map(|item| keys::item(key, item)).collect();
        let wanted = KeysAndAttributes::builder()
            .consistent_read(true)
            .set_keys(Some(keys))
            .build()
            .expect("keys are set");
        let output = client
            .batch_get_item()
            .request_items(table, wanted)
            .send()
            .await
            .expect("the emulator responds");
        let mut tables = output.responses.unwrap_or_default();
        let mut snapshot = Self::default();
        for item in tables.remove(table).unwrap_or_default() {
            snapshot.add(item);
        }
        snapshot
    }

    fn add(&mut self, item: Item) {
        let sort = item
            .get(SORT)
            .and_then(|sort: &AttributeValue| sort.as_s().ok());
        match sort.and_then(|sort| parse_run(sort)) {
            Some(name) => {
                let row = read(item).expect("a valid row");
                self.rows.insert(name, row);
            }
            None => self.run_queue = read::<Meta>(item).expect("a valid thread item").run_queue,
        }
    }

    /// Tells whether all runs have ended and the run queue is empty.
    pub(crate) fn is_complete(&self) -> bool {
        self.run_queue.is_empty() && self.rows.values().all(|row| row.status.ended())
    }
}
