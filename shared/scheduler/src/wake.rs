//! Sending the job of an overdue run again.
//!
//! A write to the table and a message to the queue cannot be one transaction. Every unfinished run therefore carries
//! a `wakeBy` deadline; a reader that finds it overdue sends the job again.
//!
//! A lost job looks like one that waits behind others: the queue does not say what it contains, and the age of its
//! oldest message includes those of runs in progress. A job for each reader would add to the load that makes them wait.
//! So the row counts the wake-ups since the last claim (`wakes`), and the time to the next one doubles each time. A lost
//! job costs its run the first deadline, five minutes; a run that waits for two days gets nine jobs, not hundreds.

use longwire_core::ids::{ConnectionId, RunId};
use longwire_core::run::{RunRow, RunStatus};
use longwire_core::thread_key::ThreadKey;
use longwire_store::threads::record::WAKE_QUEUED;

use crate::error::ScheduleError;
use crate::scheduler::Scheduler;

/// Time from a wake-up of a run that is claimed or has ended to the next one, in seconds, before it is doubled. Also
/// the time to the next attempt of a wake-up whose job could not be sent, which does not count.
const WAKE_AGAIN: u64 = 120;

/// Most doublings of the time between two wake-ups, for longer than the two days that a row exists.
const MAX_DOUBLINGS: u32 = 32;

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

    /// Wakes a thread's active run if it is overdue at `now`. A failure is logged only: the next reader finds the run
    /// overdue too.
    pub(crate) async fn wake_head(&self, key: &ThreadKey, head: &RunId, now: u64) {
        if let Err(error) = self.read_head(key, head, now).await {
            tracing::warn!(
                event = "wake_failed",
                run = %head,
                %error,
                "the row of an active run was not read"
            );
        }
    }

    /// Wakes the active run of the thread of a run whose row was just read: the `head` of its run queue, or the run itself
    /// when the queue is empty. A run behind the head is never woken, because a worker must not begin it. A failure is
    /// logged only.
    pub async fn wake_active(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        row: &RunRow,
        head: Option<&RunId>,
        now: u64,
    ) {
        match head {
            Some(head) if head != run_id => self.wake_head(key, head, now).await,
            Some(_) | None => self.wake_or_log(key, run_id, Some(row), now).await,
        }
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
    /// makes a worker remove it from the run queue. The deadline of an unfinished run moves before its job is sent,
    /// so that one reader alone sends it; the wake-up counts afterwards.
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
        // A sweep has no connection of its own.
        let connection = self.cause.clone().or_else(|| a_subscriber(row));
        let scheduler = self.caused_by(connection);
        let Some(row) = row else {
            return Ok(scheduler.send(key, run_id).await?);
        };
        let mut row = row.clone();
        if let Some(before) = row.wake_by.filter(|_| !row.status.ended()) {
            let soon = now + WAKE_AGAIN;
            let postpone = self.threads.postpone_wake(key, run_id, before, soon);
            // Another reader was first, and sends the job.
            if !postpone.await? {
                return Ok(());
            }
            row.wake_by = Some(soon);
        }
        scheduler.send(key, run_id).await?;
        let next = next_wake(&row, now);
        Ok(self.threads.count_wake(key, run_id, &row, next).await?)
    }
}

/// Tells whether a run should have moved by `now`. The job of an ended run that is still in its run queue is sent at
/// once, and then with the same growing pauses as other jobs.
pub(crate) fn overdue(row: Option<&RunRow>, now: u64) -> bool {
    row.is_none_or(|row| match row.ended_at.filter(|_| row.status.ended()) {
        Some(ended_at) => ended_at + doubled(WAKE_AGAIN, row.wakes) - WAKE_AGAIN <= now,
        None => row.status.ended() || row.wake_by.is_some_and(|by| by < now),
    })
}

/// Deadline of an unfinished run after it is woken at `now`.
pub(crate) fn next_wake(row: &RunRow, now: u64) -> Option<u64> {
    let pause = match row.status {
        RunStatus::Queued => WAKE_QUEUED,
        RunStatus::Running => WAKE_AGAIN,
        RunStatus::Finished | RunStatus::Failed | RunStatus::Cancelled => return None,
    };
    Some(now + doubled(pause, row.wakes.saturating_add(1)))
}

/// Deadline of a queued run whose job a repeated start sends at `now`. Unless the run is overdue the job may be its first
/// one, so the deadline is that of a new run.
pub(crate) fn wake_after_repetition(row: &RunRow, now: u64) -> Option<u64> {
    if overdue(Some(row), now) {
        next_wake(row, now)
    } else {
        Some(now + WAKE_QUEUED)
    }
}

fn doubled(pause: u64, times: u32) -> u64 {
    pause << times.min(MAX_DOUBLINGS)
}

fn a_subscriber(row: Option<&RunRow>) -> Option<ConnectionId> {
    row?.subscribers.keys().next().cloned()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn row(changed: Value) -> RunRow {
        let mut row = json!({
            "v": 2, "status": "queued", "epoch": 0, "onGone": "cancel", "messageId": "u_1",
            "startedAt": 1_000, "wakeBy": 1_300, "ttl": 173_800
        });
        let (Value::Object(attributes), Value::Object(changed)) = (&mut row, changed) else {
            unreachable!("both are objects")
        };
        attributes.extend(changed);
        serde_json::from_value(row).expect("a row")
    }

    /// Plays a reader that looks once a minute for two days, and returns when it sends the job of this row.
    fn wakes(mut row: RunRow) -> Vec<u64> {
        let mut sent = Vec::new();
        for now in (1_000..173_800).step_by(60) {
            if overdue(Some(&row), now) {
                row.wake_by = next_wake(&row, now);
                row.wakes += 1;
                sent.push(now - 1_000);
            }
        }
        sent
    }

    #[test]
    fn a_run_that_waits_for_two_days_is_woken_nine_times() {
        let expected = [
            360, 1_020, 2_280, 4_740, 9_600, 19_260, 38_520, 76_980, 153_840,
        ];
        assert_eq!(wakes(row(json!({}))), expected);
    }

    #[test]
    fn a_lost_job_of_a_repeated_start_costs_no_more_than_that_of_a_new_run() {
        let row = row(json!({}));
        assert_eq!(wake_after_repetition(&row, 1_010), Some(1_310));
        assert_eq!(wake_after_repetition(&row, 1_301), Some(1_901));
    }

    #[test]
    fn a_claimed_run_whose_workers_die_is_woken_less_and_less_often() {
        let sent = wakes(row(json!({ "status": "running", "wakeBy": 1_165 })));
        assert_eq!(sent[..4], [180, 480, 1_020, 2_040]);
        assert!(sent.len() < 16, "{sent:?}");
    }

    #[test]
    fn an_ended_run_at_the_head_of_its_queue_is_woken_at_once_and_then_less_and_less_often() {
        let ended = json!({ "status": "cancelled", "endedAt": 1_000, "wakeBy": null });
        let sent = wakes(row(ended));
        assert_eq!(sent[..4], [0, 120, 360, 840]);
        assert!(sent.len() < 16, "{sent:?}");
    }
}
