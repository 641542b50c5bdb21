//! The scheduler: one table and one queue.

use longwire_queue::queue::Queue;
use longwire_store::threads::Threads;

/// Scheduler of runs over one table and one queue. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Scheduler {
    pub(crate) threads: Threads,
    pub(crate) queue: Queue,
}

impl Scheduler {
    /// Combines the table of threads and the queue of jobs.
    pub fn new(threads: Threads, queue: Queue) -> Self {
        Self { threads, queue }
    }
}
