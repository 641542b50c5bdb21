//! Reads of a run's older events from the durable log.

use std::sync::Arc;

use longwire_core::clock;
use longwire_core::ids::RunId;
use longwire_core::thread_key::ThreadKey;
use longwire_store::threads::Threads;
use longwire_stream::read::{ReadError, ReadEvents};

/// Makes the read of one run's event log.
pub(crate) fn read_events(threads: &Threads, key: &ThreadKey, run_id: &RunId) -> ReadEvents {
    let run = Arc::new((threads.clone(), key.clone(), run_id.clone()));
    Arc::new(move |after| {
        let run = Arc::clone(&run);
        Box::pin(async move {
            let (threads, key, run_id) = run.as_ref();
            let page = threads.events_after(key, run_id, after, clock::unix_seconds());
            page.await.map_err(|error| ReadError(error.to_string()))
        })
    })
}
