//! Limits of the threads on which a connection, and a user over all connections, have unfinished runs. Runs that wait in a
//! run queue do not count.

use std::collections::BTreeSet;

use longwire_core::ids::ThreadId;
use longwire_protocol::response::error::ErrorResponse;
use longwire_store::active_threads::{ActiveThreads, ThreadAdded};
use longwire_store::threads::record::NewRun;

use crate::call::Call;
use crate::failure::{Failure, RETRY_AFTER, rate_limited, unknown_connection};

/// Attempts to change the set of a connection or user whose other requests change it, too.
const MAX_ROUNDS: usize = 3;

/// Limit of the threads of a connection or a user.
struct ThreadLimit<'a> {
    /// Set in the table.
    set: ActiveThreads,
    /// Set when the request was admitted.
    known: &'a BTreeSet<ThreadId>,
    /// Most threads.
    max: u32,
    /// Name of the limited in a refusal.
    limited: &'static str,
}

/// Starts a run within the limits of its connection and its user.
pub(crate) async fn within_limits<T>(
    call: &Call<'_>,
    run: &NewRun,
    start: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let connection = ThreadLimit {
        set: call.deps.connections.active_threads(&run.subscriber),
        known: &call.connection.threads,
        max: call.deps.settings.active_threads,
        limited: "This connection",
    };
    let user = run.payer.as_ref().map(|payer| ThreadLimit {
        set: call.deps.users.active_threads(&payer.user),
        known: call.spending.threads(),
        max: payer.limits.threads.unwrap_or_default(),
        limited: "This user",
    });
    // On the heap, because these futures contain each other.
    let start = Box::pin(start);
    let start = Box::pin(async {
        match user {
            None => start.await,
            Some(user) => user.admit(call, run, start).await,
        }
    });
    connection.admit(call, run, start).await
}

impl ThreadLimit<'_> {
    /// Starts a run on a thread that is active already, or that is one more within the limit. The start of a run that exists
    /// is always admitted, because the client may not know that it was accepted.
    ///
    /// While the set has room, the thread is added beside the start; the response waits for both. A request that finds the set
    /// full after all exceeds the limit by one thread, as concurrent requests may. The limit is not worth failing a start
    /// that took effect, so a thread that was not added is logged only.
    async fn admit<T>(
        &self,
        call: &Call<'_>,
        run: &NewRun,
        start: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let thread = &run.key.thread_id;
        if self.max == 0 || self.known.contains(thread) {
            return start.await;
        }
        if self.known.len() >= self.max as usize {
            self.make_room(call, run).await?;
            return start.await;
        }
        let (started, added) = tokio::join!(start, self.set.add(thread, self.max));
        if !matches!(added, Ok(ThreadAdded::Added)) {
            tracing::warn!(
                event = "active_thread_not_added",
                limited = self.limited,
                ?added,
                "a limit of active threads does not count a thread"
            );
        }
        started
    }

    /// Admits a run on one more thread to a set that is full.
    async fn make_room(&self, call: &Call<'_>, run: &NewRun) -> Result<(), Failure> {
        let thread = &run.key.thread_id;
        for _ in 0..MAX_ROUNDS {
            let known = match self.set.add(thread, self.max).await? {
                ThreadAdded::Added => return Ok(()),
                ThreadAdded::Missing => return Err(unknown_connection().into()),
                ThreadAdded::Full(known) => known,
            };
            let mut active = call.deps.threads.busy(&run.key.owner, &known).await?;
            if active.len() >= self.max as usize {
                break;
            }
            active.insert(thread.clone());
            if self.set.replace(&known, &active).await? {
                return Ok(());
            }
        }
        let exists = call.deps.threads.run_row(&run.key, &run.run_id).await?;
        match exists {
            Some(_) => Ok(()),
            None => Err(self.too_many().into()),
        }
    }

    fn too_many(&self) -> ErrorResponse {
        let Self { limited, max, .. } = self;
        let message = format!(
            "{limited} has unfinished runs on {max} other threads, the most it may have. Wait until one ends."
        );
        rate_limited(message, RETRY_AFTER)
    }
}
