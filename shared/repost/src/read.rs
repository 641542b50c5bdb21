//! Reads of a run's event log, in the form that the stream asks for.

use std::sync::Arc;

use longwire_core::clock::Clock;
use longwire_core::ids::RunId;
use longwire_core::thread_key::ThreadKey;
use longwire_store::threads::Threads;
use longwire_stream::read::{ReadError, ReadEvents};

/// Makes the function with which the stream reads the event log of a run, for subscribers that need older events.
pub fn read_events(
    threads: &Threads,
    clock: &Clock,
    key: &ThreadKey,
    run_id: &RunId,
) -> ReadEvents {
    let (threads, clock) = (threads.clone(), clock.clone());
    let (key, run_id) = (key.clone(), run_id.clone());
    Arc::new(move |after| {
        let (threads, key, run_id) = (threads.clone(), key.clone(), run_id.clone());
        let now = clock.unix_seconds();
        Box::pin(async move {
            let page = threads.events_after(&key, &run_id, after, now).await;
            page.map_err(|error| ReadError(error.to_string()))
        })
    })
}
