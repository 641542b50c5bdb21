//! The thread as it stands: its line, and its runs' rows.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use longwire_core::ids::RunId;
use longwire_core::run::RunRow;
use longwire_core::thread_key::ThreadKey;
use longwire_store::item::{Item, read};
use longwire_store::threads::keys::{self, META, SORT, parse_run, run};
use longwire_store::threads::run_queue::Meta;

use crate::case::run_names;

/// The thread at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Snapshot {
    /// Its runs in line.
    pub line: Vec<RunId>,
    /// The rows that are there.
    pub rows: BTreeMap<RunId, RunRow>,
}

impl Snapshot {
    /// Reads all of it at once. The emulator answers, or nothing can be said.
    pub(crate) async fn read(client: &Client, table: &str, key: &ThreadKey) -> Self {
        let items = run_names().map(|name| run(&name)).chain([META.to_owned()]);
        let keys = items.map(|item| keys::item(key, item)).collect();
        let wanted = KeysAndAttributes::builder()
            .consistent_read(true)
            .set_keys(Some(keys))
            .build()
            .expect("keys are set");
        let answer = client
            .batch_get_item()
            .request_items(table, wanted)
            .send()
            .await
            .expect("the emulator answers");
        let mut tables = answer.responses.unwrap_or_default();
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
                let row = read(item).expect("a row of ours");
                self.rows.insert(name, row);
            }
            None => self.line = read::<Meta>(item).expect("a thread's item").run_queue,
        }
    }

    /// Whether nothing is left to do.
    pub(crate) fn at_rest(&self) -> bool {
        self.line.is_empty() && self.rows.values().all(|row| row.status.ended())
    }
}
