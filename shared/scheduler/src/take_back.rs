//! Taking back a start that was refused or failed.

use longwire_core::run::{CancelReason, RunRow, RunStatus};
use longwire_store::error::StoreError;
use longwire_store::threads::record::NewRun;

use crate::error::ScheduleError;
use crate::scheduler::Scheduler;
use crate::start::{Refusal, Started};

impl Scheduler {
    /// Takes back a start that was refused. The row of a start that was repeated stays, because its repetition may be about
    /// to append it; the sweep ends it otherwise. A run that can never begin is cancelled instead. `recorded_at` is the time
    /// at which the refused run was recorded, by this start or an earlier one.
    pub(crate) async fn refuse(
        &self,
        run: &NewRun,
        recorded_at: u64,
        refusal: Refusal,
    ) -> Result<Started, ScheduleError> {
        let kept_row = match refusal {
            Refusal::Busy | Refusal::Waits | Refusal::Deleted => {
                self.threads.take_back(run).await?
            }
            Refusal::MessageIdTaken => self.withdraw(run).await?,
        };
        // A row of another time is that of a new run with this id.
        let Some(row) = kept_row.filter(|row| row.recorded_at() == recorded_at) else {
            return Ok(refusal.into());
        };
        if row.status == RunStatus::Queued && !matches!(refusal, Refusal::Busy | Refusal::Waits) {
            let reason = CancelReason::User;
            let cancelled = self
                .threads
                .cancel_queued(&run.key, &run.run_id, reason, run.now);
            cancelled.await?;
            // A worker removes the cancelled run from the run queue.
            self.send(&run.key, &run.run_id).await?;
            return Ok(refusal.into());
        }
        kept(row, Ok(refusal.into()))
    }

    /// Takes back a start whose run may be in the run queue already. Returns the row when it stays.
    pub(crate) async fn withdraw(&self, run: &NewRun) -> Result<Option<RunRow>, ScheduleError> {
        let row = self.threads.take_back(run).await?;
        if row.is_none() {
            self.leave_queue(run).await?;
        }
        Ok(row)
    }

    /// Removes a run without a row from the run queue, releases the id of its message, and sends the job of the new head,
    /// which may have counted on this run. When the run cannot be removed, its own job makes a worker remove it.
    async fn leave_queue(&self, run: &NewRun) -> Result<(), ScheduleError> {
        let meta = match self.threads.leave(&run.key, &run.run_id).await {
            Ok(Some(meta)) => meta,
            Ok(None) => return Ok(()),
            Err(error) => {
                self.send(&run.key, &run.run_id).await?;
                return Err(error.into());
            }
        };
        if let Some(head) = meta.active() {
            self.send(&run.key, head).await?;
        }
        Ok(self.release(run, meta.generation).await?)
    }

    async fn release(&self, run: &NewRun, generation: u64) -> Result<(), StoreError> {
        if !run.reserves_id {
            return Ok(());
        }
        self.threads
            .release_message_id(&run.key, generation, &run.message_id, &run.run_id)
            .await
    }
}

/// Outcome of a start that was not taken back: a run that a worker claimed did start.
pub(crate) fn kept(
    row: RunRow,
    queued: Result<Started, ScheduleError>,
) -> Result<Started, ScheduleError> {
    match row.status {
        RunStatus::Queued => queued,
        RunStatus::Running => Ok(Started::Accepted { position: 0 }),
        status @ (RunStatus::Finished | RunStatus::Failed | RunStatus::Cancelled) => {
            Ok(Started::Duplicate {
                status,
                position: 0,
                message_id: row.message_id,
            })
        }
    }
}
