//! Limits of the threads on which a connection, and a user over all connections, have unfinished runs. Runs that wait in a
//! run queue do not count.

use std::collections::BTreeSet;

use longwire_core::ids::ThreadId;
use longwire_core::payment::Payer;
use longwire_protocol::response::error::ErrorResponse;
use longwire_store::active_threads::{
    ActiveThread, ActiveThreads, Admission, Admitted, ThreadAdded,
};
use longwire_store::threads::record::NewRun;
use longwire_store::users::budget::Spending;

use crate::call::Call;
use crate::failure::{Failure, RETRY_AFTER, rate_limited, unknown_connection};

/// Limit of the threads of a connection or a user.
struct ThreadLimit<'a> {
    scope: Scope,
    /// Set in the table.
    set: ActiveThreads,
    /// Set when the request was admitted; `None` if it was not read.
    known: Option<&'a BTreeSet<ActiveThread>>,
    /// Most threads; 0 is no limit.
    max: u32,
}

/// Scope of a limit.
#[derive(Debug, Clone, Copy)]
enum Scope {
    Connection,
    User,
}

/// Starts a run within the limits of its connection and its user.
pub(crate) async fn within_limits<T>(
    call: &Call<'_>,
    run: &NewRun,
    start: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    // On the heap, because the futures contain each other.
    let start = Box::pin(start);
    if let Some(payer) = &run.payer {
        let limit = ThreadLimit::of_user(call, payer);
        Box::pin(limit.admit(call, run)).await?;
    }
    ThreadLimit::of_connection(call)
        .admit_beside(call, run, start)
        .await
}

impl<'a> ThreadLimit<'a> {
    fn of_user(call: &'a Call<'_>, payer: &Payer) -> Self {
        Self {
            scope: Scope::User,
            set: call.deps.users.active_threads(&payer.user),
            known: call.spending.as_ref().map(Spending::threads),
            max: payer.limits.threads.unwrap_or_default(),
        }
    }

    fn of_connection(call: &'a Call<'_>) -> Self {
        Self {
            scope: Scope::Connection,
            set: call
                .deps
                .connections
                .active_threads(&call.connection.connection),
            known: Some(&call.connection.threads),
            max: call.deps.settings.active_threads,
        }
    }

    /// Adds the thread to the set unless it is there.
    async fn admit(&self, call: &Call<'_>, run: &NewRun) -> Result<(), Failure> {
        if self.max == 0 || self.contains(&run.key.thread_id) {
            return Ok(());
        }
        self.add(call, run).await
    }

    /// Starts a run on a thread that is active already, or that is one more within the limit.
    ///
    /// While the set has room, the thread is added beside the start; the response waits for both. A request that finds the
    /// set full after all exceeds the limit by one thread, as concurrent requests may. This is not worth failing a start
    /// that took effect, so a thread that was not added is logged only.
    async fn admit_beside<T>(
        &self,
        call: &Call<'_>,
        run: &NewRun,
        start: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let thread = &run.key.thread_id;
        let has_room = |known: &BTreeSet<ActiveThread>| known.len() < self.max as usize;
        if self.contains(thread) || !self.known.is_some_and(has_room) {
            self.admit(call, run).await?;
            return start.await;
        }
        let active = ActiveThread::from(thread.clone());
        let (started, added) = tokio::join!(start, self.set.add(&active, self.max));
        if !matches!(added, Ok(ThreadAdded::Added)) {
            tracing::warn!(
                event = "active_thread_not_added",
                scope = self.scope.name(),
                ?added,
                "a limit of active threads does not count a thread"
            );
        }
        started
    }

    fn contains(&self, thread: &ThreadId) -> bool {
        let mut known = self.known.into_iter().flatten();
        known.any(|active| active.thread == *thread)
    }

    /// Adds one more thread; to a set that is full, in place of threads whose runs have ended. The start of a run that
    /// exists is always admitted, because the client may not know that it was accepted.
    async fn add(&self, call: &Call<'_>, run: &NewRun) -> Result<(), Failure> {
        let thread = ActiveThread {
            thread: run.key.thread_id.clone(),
            admitted_at: match self.scope {
                Scope::Connection => None,
                Scope::User => Some(call.millis),
            },
        };
        let admission = Admission {
            owner: &run.key.owner,
            thread: &thread,
            max: self.max,
            now: call.millis,
        };
        match self.set.admit(&call.deps.threads, admission).await? {
            Admitted::Admitted => return Ok(()),
            Admitted::Missing => return Err(unknown_connection().into()),
            Admitted::TooMany => {}
        }
        let exists = call.deps.threads.run_row(&run.key, &run.run_id).await?;
        match exists {
            Some(_) => Ok(()),
            None => Err(self.too_many().into()),
        }
    }

    fn too_many(&self) -> ErrorResponse {
        let Self { scope, max, .. } = self;
        let scope = scope.name();
        let message = format!(
            "This {scope} has unfinished runs on {max} other threads, the most it may have. Wait until one ends."
        );
        rate_limited(message, RETRY_AFTER)
    }
}

impl Scope {
    fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::User => "user",
        }
    }
}
