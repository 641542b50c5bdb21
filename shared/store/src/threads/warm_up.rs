//! Request that opens the connection of the client.

use longwire_core::ids::{Owner, ThreadId};
use longwire_core::thread_key::ThreadKey;

use crate::threads::Threads;
use crate::threads::keys;

/// Id that no thread has.
const ABSENT: &str = "-";

impl Threads {
    /// Reads an item that does not exist, so that the client is connected. A failure is ignored.
    pub async fn warm_up(&self) {
        let key = ThreadKey {
            owner: Owner::anonymous(),
            thread_id: ThreadId::trusted(ABSENT),
        };
        let request = self.client.get_item().table_name(&self.table);
        let key = keys::item(&key, keys::META);
        let _ = request.set_key(Some(key)).send().await;
    }
}
