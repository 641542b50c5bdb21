//! Limit of the threads on which a connection has unfinished runs. Runs that wait in a run queue do not count.

use longwire_protocol::response::error::ErrorResponse;
use longwire_store::connections::active_threads::ThreadAdded;
use longwire_store::threads::record::NewRun;

use crate::call::Call;
use crate::failure::{Failure, RETRY_AFTER, rate_limited, unknown_connection};

/// Attempts to change the set of a connection whose other requests change it, too.
const MAX_ROUNDS: usize = 3;

/// Admits a run on a thread that is active already, or that is one more within the limit. The start of a run that
/// exists is always admitted, because the client may not know that it was accepted.
pub(crate) async fn admit(call: &Call<'_>, run: &NewRun) -> Result<(), Failure> {
    let max = call.deps.settings.active_threads;
    let (id, thread) = (&call.connection.connection, &run.key.thread_id);
    if max == 0 || call.connection.threads.contains(thread) {
        return Ok(());
    }
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
