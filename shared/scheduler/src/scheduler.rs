//! The scheduler: one table and one queue.

use longwire_core::ids::{ConnectionId, RunId};
use longwire_core::job::Job;
use longwire_core::thread_key::ThreadKey;
use longwire_queue::error::QueueError;
use longwire_queue::queue::Queue;
use longwire_store::threads::Threads;

/// Scheduler of runs over one table and one queue. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Scheduler {
    pub(crate) threads: Threads,
    pub(crate) queue: Queue,
    pub(crate) cause: Option<ConnectionId>,
}

impl Scheduler {
    /// Combines the table of threads and the queue of jobs.
    pub fn new(threads: Threads, queue: Queue) -> Self {
        Self {
            threads,
            queue,
            cause: None,
        }
    }

    /// Copies the scheduler for the work that a connection caused. Its jobs name the connection, which is their
    /// message group ([`Job::group`]).
    pub fn caused_by(&self, connection: Option<ConnectionId>) -> Self {
        Self {
            cause: connection,
            ..self.clone()
        }
    }

    /// Sends the job of a run.
    pub(crate) async fn send(&self, key: &ThreadKey, run_id: &RunId) -> Result<(), QueueError> {
        self.queue.send(&self.job(key, run_id)).await
    }

    /// Makes the job of a run.
    pub(crate) fn job(&self, key: &ThreadKey, run_id: &RunId) -> Job {
        Job::new(key, run_id.clone()).caused_by(self.cause.clone())
    }
}
