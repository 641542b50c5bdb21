//! Advancing a thread's run queue past an ended run.

use longwire_core::ids::RunId;
use longwire_core::job::Job;
use longwire_core::thread_key::ThreadKey;

use crate::error::ScheduleError;
use crate::scheduler::Scheduler;

impl Scheduler {
    /// Removes an ended run from the head of its thread's run queue and sends the job of the new head.
    pub async fn advance(&self, key: &ThreadKey, run_id: &RunId) -> Result<(), ScheduleError> {
        match self.threads.advance(key, run_id).await? {
            Some(head) => Ok(self.queue.send(&Job::new(key, head)).await?),
            None => Ok(()),
        }
    }
}
