//! Limit of the threads on which a connection has unfinished runs. Runs that wait in a run queue do not count.

use longwire_protocol::response::error::ErrorResponse;
use longwire_store::connections::active_threads::ThreadAdded;
use longwire_store::threads::record::NewRun;

use crate::call::Call;
use crate::failure::{Failure, RETRY_AFTER, rate_limited, unknown_connection};

/// Attempts to change the set of a connection whose other requests change it, too.
const MAX_ROUNDS: usize = 3;

/// Starts a run on a thread that is active already, or that is one more within the limit. The start of a run that exists
/// is always admitted, because the client may not know that it was accepted.
///
/// While the set has room, the thread is added beside the start; the response waits for both. A request that finds the set
/// full after all exceeds the limit by one thread, as concurrent requests may. The limit is not worth failing a start
/// that took effect, so a thread that was not added is logged only.
pub(crate) async fn within_limit<T>(
    call: &Call<'_>,
    run: &NewRun,
    start: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let max = call.deps.settings.active_threads;
    let (id, thread) = (&call.connection.connection, &run.key.thread_id);
    let known = &call.connection.threads;
    if max == 0 || known.contains(thread) {
        return start.await;
    }
    if known.len() >= max as usize {
        admit(call, run, max).await?;
        return start.await;
    }
    let added = call.deps.connections.add_thread(id, thread, max);
    let (started, added) = tokio::join!(start, added);
    if !matches!(added, Ok(ThreadAdded::Added)) {
        tracing::warn!(
            event = "active_thread_not_added",
            ?added,
            "the limit of a connection's active threads does not count a thread"
        );
    }
    started
}

/// Admits a run on one more thread of a connection whose set is full.
async fn admit(call: &Call<'_>, run: &NewRun, max: u32) -> Result<(), Failure> {
    let (id, thread) = (&call.connection.connection, &run.key.thread_id);
    let connections = &call.deps.connections;
    for _ in 0..MAX_ROUNDS {
        let known = match connections.add_thread(id, thread, max).await? {
            ThreadAdded::Added => return Ok(()),
            ThreadAdded::Missing => return Err(unknown_connection().into()),
            ThreadAdded::Full(known) => known,
        };
        let mut active = call.deps.threads.busy(&run.key.owner, &known).await?;
        if active.len() >= max as usize {
            break;
        }
        active.insert(thread.clone());
        if connections.replace_threads(id, &known, &active).await? {
            return Ok(());
        }
    }
    let exists = call.deps.threads.run_row(&run.key, &run.run_id).await?;
    match exists {
        Some(_) => Ok(()),
        None => Err(too_many(max).into()),
    }
}

fn too_many(max: u32) -> ErrorResponse {
    let message = format!(
        "This connection has unfinished runs on {max} other threads, the most it may have. Wait until one ends."
    );
    rate_limited(message, RETRY_AFTER)
}
