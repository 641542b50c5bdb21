//! Sending the job of an overdue run again.
//!
//! A write to the table and a message to the queue cannot be one transaction. Every unfinished run therefore carries
//! a `wakeBy` deadline; a reader that finds it overdue sends the job again.

use longwire_core::ids::RunId;
use longwire_core::job::Job;
use longwire_core::run::RunRow;
use longwire_core::thread_key::ThreadKey;

use crate::error::ScheduleError;
use crate::scheduler::Scheduler;

/// Time until a run whose job was sent again counts as overdue once more, in seconds. All workers may be busy;
/// another job for each reader would add to their load.
const WAKE_AGAIN: u64 = 120;

impl Scheduler {
    /// Reads the row of a thread's active run, and sends its job again if it is overdue at `now`. A failed send is
    /// logged only: the next reader finds the run overdue too.
    pub async fn read_head(
        &self,
        key: &ThreadKey,
        head: &RunId,
        now: u64,
    ) -> Result<Option<RunRow>, ScheduleError> {
        let row = self.threads.run_row(key, head).await?;
        self.wake_or_log(key, head, row.as_ref(), now).await;
        Ok(row)
    }

    /// Sends the job of a run again if its row, just read, is overdue at `now`. A failure is logged only: the next
    /// reader finds the run overdue too.
    pub async fn wake_or_log(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        row: Option<&RunRow>,
        now: u64,
    ) {
        if let Err(error) = self.wake(key, run_id, row, now).await {
            tracing::warn!(
                event = "wake_failed",
                run = %run_id,
                %error,
                "the job of an overdue run was not sent again"
            );
        }
    }

    /// Sends the job of a run again if its row, just read, is overdue at `now`. The job of an ended or missing run
    /// makes a worker remove it from the run queue.
    pub(crate) async fn wake(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        row: Option<&RunRow>,
        now: u64,
    ) -> Result<(), ScheduleError> {
        if !overdue(row, now) {
            return Ok(());
        }
        let unfinished = row.filter(|row| !row.status.ended());
        if let Some(before) = unfinished.and_then(|row| row.wake_by) {
            let postponed = self
                .threads
                .postpone_wake(key, run_id, before, now + WAKE_AGAIN)
                .await?;
            // Another reader was first, and sends the job.
            if !postponed {
                return Ok(());
            }
        }
        Ok(self.queue.send(&Job::new(key, run_id.clone())).await?)
    }
}

/// Tells whether a run should have moved by `now`.
pub(crate) fn overdue(row: Option<&RunRow>, now: u64) -> bool {
    row.is_none_or(|row| row.status.ended() || row.wake_by.is_some_and(|by| by < now))
}
