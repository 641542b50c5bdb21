//! Starting a run: its row and input, its place in the thread's run queue, and its job when it is the head. A start
//! that is interrupted anywhere can be repeated under the same run id.

use futures::future::try_join_all;
use longwire_core::ids::{MessageId, RunId};
use longwire_core::job::Job;
use longwire_core::options::IfBusy;
use longwire_core::run::{CancelReason, RunRow, RunStatus};
use longwire_store::error::StoreError;
use longwire_store::threads::record::NewRun;
use longwire_store::threads::run_queue::Appended;

use crate::error::ScheduleError;
use crate::scheduler::Scheduler;
use crate::wake::overdue;

/// Outcome of a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// The run is accepted and durable.
    Accepted {
        /// Position in the run queue; 0 is the active run.
        position: usize,
    },
    /// A run of this id existed before.
    Duplicate {
        /// Status of the run.
        status: RunStatus,
        /// Position in the run queue, while it is queued.
        position: usize,
        /// Id of its user message.
        message_id: MessageId,
    },
    /// The run queue is full, or not empty for a run that does not wait. What remains of the start begins only if
    /// the start is repeated.
    Busy,
}

impl Scheduler {
    /// Starts a run. After an error the start is taken back as far as possible; a remainder starts nothing by
    /// itself, or is found by its `wakeBy`, and the same start may be sent again.
    pub async fn start(&self, run: &NewRun) -> Result<Started, ScheduleError> {
        if let Some(row) = self.threads.record(run).await? {
            return self.repeat(run, row).await;
        }
        match self.enqueue(run).await {
            Ok(Appended::At { position, .. }) => Ok(Started::Accepted { position }),
            Ok(Appended::Full(_)) => self.busy(run).await,
            Err(error) => match self.withdraw(run).await {
                Ok(Some(row)) => kept(row, Err(error)),
                Ok(None) => Err(error),
                Err(second) => {
                    let run = &run.run_id;
                    tracing::warn!(
                        event = "start_rollback_failed",
                        %run,
                        error = %second,
                        "a start was not taken back"
                    );
                    Err(error)
                }
            },
        }
    }

    /// Appends the run to the thread's run queue and sends its job when it is the head. A run that waits wakes an
    /// overdue head instead.
    async fn enqueue(&self, run: &NewRun) -> Result<Appended, ScheduleError> {
        let appended = self
            .threads
            .append(&run.key, &run.run_id, run.limit(), run.now, run.thread_ttl)
            .await?;
        match &appended {
            Appended::At { position: 0, .. } => self.send(run, &run.run_id).await?,
            Appended::At { meta, position } => {
                if run.if_busy == IfBusy::Interrupt {
                    self.supersede(run, &meta.run_queue[..*position]).await?;
                }
                self.wake_head(run, meta.head()).await;
            }
            // The head may have ended without a worker that advanced the queue.
            Appended::Full(meta) => self.wake_head(run, meta.head()).await,
        }
        Ok(appended)
    }

    /// Cancels the runs before this one in the run queue.
    async fn supersede(&self, run: &NewRun, before: &[RunId]) -> Result<(), StoreError> {
        let cancels = before.iter().map(|other| {
            self.threads
                .cancel(&run.key, other, CancelReason::Superseded, run.now)
        });
        try_join_all(cancels).await.map(drop)
    }

    /// Wakes an overdue head. A failure is logged only, because the new run is queued already.
    async fn wake_head(&self, run: &NewRun, head: Option<&RunId>) {
        if let Some(head) = head
            && let Err(error) = self.read_head(&run.key, head, run.now).await
        {
            tracing::warn!(event = "wake_failed", run = %head, %error, "the row of an active run was not read");
        }
    }

    /// Answers a start whose run existed before, and completes what an interrupted start left undone. The
    /// connection that repeats it becomes a subscriber.
    async fn repeat(&self, run: &NewRun, row: RunRow) -> Result<Started, ScheduleError> {
        let duplicate = |status, position| Started::Duplicate {
            status,
            position,
            message_id: row.message_id.clone(),
        };
        if row.status.ended() {
            return Ok(duplicate(row.status, 0));
        }
        self.threads.subscribe_repeated(run).await?;
        if row.status != RunStatus::Queued {
            if overdue(Some(&row), run.now) {
                self.send(run, &run.run_id).await?;
            }
            return Ok(duplicate(row.status, 0));
        }
        match self.enqueue(run).await? {
            Appended::At { position, .. } => Ok(duplicate(RunStatus::Queued, position)),
            Appended::Full(_) => self.busy(run).await,
        }
    }

    /// Takes back a start that found no place in the run queue. The row of a start that was repeated stays, because
    /// its repetition may be about to append it; the sweep ends it otherwise.
    async fn busy(&self, run: &NewRun) -> Result<Started, ScheduleError> {
        match self.threads.take_back(run).await? {
            None => Ok(Started::Busy),
            Some(row) => kept(row, Ok(Started::Busy)),
        }
    }

    /// Takes back a start whose run may be in the run queue already. Returns the row when it stays.
    async fn withdraw(&self, run: &NewRun) -> Result<Option<RunRow>, ScheduleError> {
        let row = self.threads.take_back(run).await?;
        if row.is_none() {
            self.leave_queue(run).await?;
        }
        Ok(row)
    }

    /// Removes a run without a row from the run queue and sends the job of the new head, which may have counted on
    /// this run. When the run cannot be removed, its own job makes a worker remove it. A repetition that was
    /// recorded in between is appended again.
    async fn leave_queue(&self, run: &NewRun) -> Result<(), ScheduleError> {
        match self.threads.leave(&run.key, &run.run_id).await {
            Ok(Some(head)) => self.send(run, &head).await?,
            Ok(None) => {}
            Err(error) => {
                self.send(run, &run.run_id).await?;
                return Err(error.into());
            }
        }
        let repeated = self.threads.run_row(&run.key, &run.run_id).await?;
        if repeated.is_some_and(|row| !row.status.ended()) {
            self.enqueue(run).await?;
        }
        Ok(())
    }

    async fn send(&self, run: &NewRun, run_id: &RunId) -> Result<(), ScheduleError> {
        Ok(self.queue.send(&Job::new(&run.key, run_id.clone())).await?)
    }
}

/// Outcome of a start that was not taken back: a run that a worker claimed did start.
fn kept(row: RunRow, queued: Result<Started, ScheduleError>) -> Result<Started, ScheduleError> {
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
