//! Moving an overdue run, or ending an expired wait, that the sweep found.

use longwire_core::run::CancelReason;
use longwire_store::error::StoreError;
use longwire_store::threads::overdue::Overdue;
use longwire_store::threads::record::WAKE_QUEUED;

use crate::error::ScheduleError;
use crate::scheduler::Scheduler;

impl Scheduler {
    /// Moves an overdue run: sends the job of its thread's active run again if that is overdue at `now`. Ends the wait of a
    /// thread for answers to calls if it has expired.
    ///
    /// A run queued behind the active one, or of a thread that waits, gets a later `wakeBy`, so that runs with a long wait do not
    /// hide others from the sweep. A run that is queued but in no run queue was never acknowledged; it is cancelled, so that
    /// nothing starts it late.
    pub async fn move_overdue(&self, run: &Overdue, now: u64) -> Result<(), ScheduleError> {
        let key = &run.key;
        let meta = self.threads.meta(key, now).await?;
        let Some(run_id) = &run.run_id else {
            let pending = meta.and_then(|meta| meta.pending);
            if let Some(pending) = pending.filter(|pending| pending.expired(now)) {
                self.end_wait(key, &pending.run_id, now).await?;
            }
            return Ok(());
        };
        let waits = meta.as_ref().is_some_and(|meta| meta.pending.is_some());
        let run_queue = meta.map(|meta| meta.run_queue).unwrap_or_default();
        // A run in no queue may be the one that follows: a request with the last result, which was interrupted, recorded it.
        if waits {
            let later = now + WAKE_QUEUED;
            self.threads
                .postpone_wake(key, run_id, run.wake_by, later)
                .await?;
            return Ok(());
        }
        if let Some(head) = run_queue.first().filter(|_| run_queue.contains(run_id)) {
            // The job of a run that this version cannot read makes a worker end it.
            let row = match self.threads.run_row(key, head).await {
                Err(StoreError::Corrupt(_)) => None,
                row => row?,
            };
            self.wake(key, head, row.as_ref(), now).await?;
            if head != run_id {
                let later = now + WAKE_QUEUED;
                self.threads
                    .postpone_wake(key, run_id, run.wake_by, later)
                    .await?;
            }
            return Ok(());
        }
        let in_the_way = self
            .threads
            .cancel_queued(key, run_id, CancelReason::Timeout, now)
            .await?;
        match in_the_way {
            // A worker claimed it, and died before the run ended.
            Some(row) if !row.status.ended() => self.wake(key, run_id, Some(&row), now).await,
            Some(_) | None => Ok(()),
        }
    }
}
