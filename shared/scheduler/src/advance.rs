//! Advancing a thread's run queue past an ended run.

use longwire_core::thread_key::ThreadKey;
use longwire_store::threads::advance::Advance;

use crate::error::ScheduleError;
use crate::scheduler::Scheduler;

impl Scheduler {
    /// Removes an ended run from the head of its thread's run queue and sends the job of the new head.
    pub async fn advance(
        &self,
        key: &ThreadKey,
        advance: Advance<'_>,
    ) -> Result<(), ScheduleError> {
        match self.threads.advance(key, advance).await? {
            Some(head) => Ok(self.send(key, &head).await?),
            None => Ok(()),
        }
    }
}
