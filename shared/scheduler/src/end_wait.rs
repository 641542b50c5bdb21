//! Ending a wait without the results of all calls.

use longwire_core::ids::RunId;
use longwire_core::run::RunStatus;
use longwire_core::thread_key::ThreadKey;
use longwire_store::threads::meta::Meta;
use longwire_store::threads::waiting::WaitEnd;

use crate::error::ScheduleError;
use crate::scheduler::Scheduler;

impl Scheduler {
    /// Ends the wait of a thread for the results of a run's calls, and sends the job of the run that is active then. Returns
    /// `false` when the thread does not wait for them, as after a lost response: then the job is sent if it may be the first
    /// one. `now` is in seconds since 1970.
    pub async fn end_wait(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        now: u64,
    ) -> Result<bool, ScheduleError> {
        let WaitEnd { ended, meta } = self.threads.end_wait(key, run_id).await?;
        let Some(active) = meta.as_ref().and_then(Meta::active) else {
            return Ok(ended);
        };
        if ended {
            self.send(key, active).await?;
            return Ok(true);
        }
        let row = self.threads.run_row(key, active).await?;
        if let Some(row) = row.filter(|row| row.status == RunStatus::Queued) {
            self.send_again(key, active, &row, now).await?;
        }
        Ok(false)
    }
}
