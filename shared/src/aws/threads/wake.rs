//! Waking a thread whose message got lost. No condition can close the gap between the table and the queue;
//! so every unfinished run says until when somebody must have moved it, and whoever comes by looks.

use super::Threads;
use super::keys::ThreadKey;
use super::transition::Transition;
use super::update::Updated;
use crate::aws::fault::Fault;
use crate::aws::queue::Queue;
use crate::ids::RunId;
use crate::job::Job;
use crate::run::RunRow;

/// How long after its message was sent again a run is left alone, in seconds. Workers may all be busy: a
/// message more each time somebody looks would only add to what they have to do.
const WAKE_AGAIN: u64 = 120;

impl Threads {
    /// Sends the message of a thread's active run again if it should have been moved on by `now`; a message
    /// too many does no harm, and one too few is left to whoever comes by next. Tells the run's row.
    pub async fn wake_overdue(
        &self,
        queue: &Queue,
        key: &ThreadKey,
        head: &RunId,
        now: u64,
    ) -> Result<Option<RunRow>, Fault> {
        let row = self.run(key, head).await?;
        if let Err(fault) = self.wake(queue, key, head, row.as_ref(), now).await {
            tracing::warn!(run = %head, "an overdue run was not woken: {fault}");
        }
        Ok(row)
    }

    /// A run that has ended, or whose start was taken back, leaves the line by a worker's hand too.
    async fn wake(
        &self,
        queue: &Queue,
        key: &ThreadKey,
        head: &RunId,
        row: Option<&RunRow>,
        now: u64,
    ) -> Result<(), Fault> {
        if !overdue(row, now) {
            return Ok(());
        }
        if let Some(before) = row.and_then(|row| row.wake_by) {
            let wake_by = now + WAKE_AGAIN;
            let wake = Transition::Wake { before, wake_by };
            // Somebody else saw it, too, and was first.
            if let Updated::Refused(_) = self.change(key, head, wake).await? {
                return Ok(());
            }
        }
        queue.send(&job(key, head)).await
    }
}

/// Whether somebody should have moved the run.
pub(super) fn overdue(row: Option<&RunRow>, now: u64) -> bool {
    row.is_none_or(|row| row.status.ended() || row.wake_by.is_some_and(|by| by < now))
}

pub(super) fn job(key: &ThreadKey, run_id: &RunId) -> Job {
    Job::new(key.owner.clone(), key.thread_id.clone(), run_id.clone())
}
