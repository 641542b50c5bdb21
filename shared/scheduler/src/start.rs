//! Starting a run: its row and input, its place in the thread's run queue, and its job when it is the head. A start
//! that is interrupted anywhere can be repeated under the same run id.

use futures::future::try_join_all;
use longwire_core::ids::{MessageId, RunId};
use longwire_core::job::Job;
use longwire_core::options::IfBusy;
use longwire_core::payment::Prepayment;
use longwire_core::pending::first_message_id;
use longwire_core::run::{CancelReason, RunRow, RunStatus};
use longwire_core::thread_key::ThreadKey;
use longwire_queue::error::QueueError;
use longwire_store::error::StoreError;
use longwire_store::threads::meta::Meta;
use longwire_store::threads::record::NewRun;
use longwire_store::threads::run_queue::{Append, Appended};

use crate::error::ScheduleError;
use crate::scheduler::Scheduler;
use crate::take_back::kept;
use crate::wake::{overdue, wake_after_repetition};

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
    /// The id of the user message belongs to another run of the thread. The run does not begin.
    MessageIdTaken,
    /// The thread was deleted after the run was recorded. The run does not begin.
    Deleted,
    /// The thread waits for answers to calls. What remains of the start begins only if the start is repeated.
    Waits,
}

/// Fields of the run's row that enqueueing it needs: those of an earlier start when this one repeats it.
#[derive(Clone, Copy)]
pub(crate) struct Recorded<'a> {
    /// Time at which the run was recorded, in milliseconds since 1970.
    pub(crate) recorded_at: u64,
    /// Id of its user message.
    pub(crate) message_id: &'a MessageId,
    /// Row of an earlier start, which bounds the jobs of its repetitions.
    pub(crate) repeated: Option<&'a RunRow>,
}

/// Outcome of appending a run to the run queue.
pub(crate) enum Enqueued {
    /// Position in the run queue; 0 is the active run.
    At(usize),
    /// Not appended, for this reason.
    Refused(Refusal),
}

/// Reason for which a run was not queued.
#[derive(Clone, Copy)]
pub(crate) enum Refusal {
    Busy,
    MessageIdTaken,
    Deleted,
    Waits,
}

impl From<Refusal> for Started {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Busy => Self::Busy,
            Refusal::MessageIdTaken => Self::MessageIdTaken,
            Refusal::Deleted => Self::Deleted,
            Refusal::Waits => Self::Waits,
        }
    }
}

impl Scheduler {
    /// Starts a run. After an error the start is taken back as far as possible; a remainder starts nothing by
    /// itself, or is found by its `wakeBy`, and the same start may be sent again. Its jobs name the subscriber of the
    /// run.
    pub async fn start(&self, run: &NewRun) -> Result<Started, ScheduleError> {
        let connection = run
            .subscriber
            .as_ref()
            .map(|first| first.connection.clone());
        let scheduler = self.caused_by(connection);
        // On the heap, because the future is large.
        Box::pin(scheduler.start_or_repeat(run)).await
    }

    async fn start_or_repeat(&self, run: &NewRun) -> Result<Started, ScheduleError> {
        if let Some(row) = self.threads.record(run).await? {
            return self.repeat(run, row).await;
        }
        let recorded = Recorded {
            recorded_at: run.recorded_at,
            message_id: &run.message_id,
            repeated: None,
        };
        match self.enqueue(run, recorded).await {
            Ok(Enqueued::At(position)) => Ok(Started::Accepted { position }),
            Ok(Enqueued::Refused(refusal)) => self.refuse(run, run.recorded_at, refusal).await,
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

    /// Appends the run to the thread's run queue, reserves the id of its message, and sends its job when it is the head.
    /// A run that waits wakes an overdue head instead.
    pub(crate) async fn enqueue(
        &self,
        run: &NewRun,
        recorded: Recorded<'_>,
    ) -> Result<Enqueued, ScheduleError> {
        let append = Append {
            run_id: &run.run_id,
            recorded_at: recorded.recorded_at,
            max: run.limit(),
            supersede: run.supersede,
            now: run.now,
            life: run.life,
        };
        let (position, meta, ended_wait) = match self.threads.append(&run.key, append).await? {
            Appended::At {
                position,
                meta,
                ended_wait,
            } => (position, meta, ended_wait),
            // The head may have ended without a worker that advanced the queue.
            Appended::Full(meta) => {
                self.wake_thread(run, &meta).await;
                return Ok(Enqueued::Refused(Refusal::Busy));
            }
            Appended::Deleted => return Ok(Enqueued::Refused(Refusal::Deleted)),
            Appended::Waits => return Ok(Enqueued::Refused(Refusal::Waits)),
        };
        if !self
            .reserve(run, meta.generation, recorded.message_id)
            .await?
        {
            return Ok(Enqueued::Refused(Refusal::MessageIdTaken));
        }
        match (position, recorded.repeated) {
            (0, Some(row)) => self.send_again(&run.key, &run.run_id, row, run.now).await?,
            (0, None) => self.send_first(run, &meta).await?,
            (1.., _) => {
                if run.if_busy == IfBusy::Interrupt {
                    self.supersede(run, &meta.run_queue[..position]).await?;
                }
                match meta.active().filter(|_| ended_wait) {
                    Some(active) => self.send(&run.key, active).await?,
                    None => self.wake_thread(run, &meta).await,
                }
            }
        }
        Ok(Enqueued::At(position))
    }

    /// Sends the first job of a run, with what the worker reserves beside the claim for a user with limits.
    pub(crate) async fn send_first(&self, run: &NewRun, meta: &Meta) -> Result<(), QueueError> {
        let payer = run.payer.clone();
        let prepayment = payer
            .filter(|payer| payer.limits.limit_spending())
            .map(|payer| Prepayment {
                payer,
                input_tokens: meta.last_input.unwrap_or_default() + run.prompt_tokens(),
            });
        let job = Job {
            prepayment,
            ..self.job(&run.key, &run.run_id)
        };
        self.queue.send(&job).await
    }

    async fn wake_thread(&self, run: &NewRun, meta: &Meta) {
        if let Some(head) = meta.active() {
            self.wake_head(&run.key, head, run.now).await;
        }
    }

    /// Reserves the id of the user message when the client chose it. Returns `false` when it belongs to another run.
    async fn reserve(
        &self,
        run: &NewRun,
        generation: u64,
        message_id: &MessageId,
    ) -> Result<bool, StoreError> {
        if !run.reserves_id {
            return Ok(true);
        }
        self.threads
            .reserve_message_id(&run.key, generation, message_id, &run.run_id, run.now)
            .await
    }

    /// Cancels the runs before this one in the run queue.
    async fn supersede(&self, run: &NewRun, before: &[RunId]) -> Result<(), StoreError> {
        let cancels = before.iter().map(|other| {
            self.threads
                .cancel(&run.key, other, CancelReason::Superseded, run.now)
        });
        try_join_all(cancels).await.map(drop)
    }

    /// Answers a start whose run existed before, and completes what an interrupted start left undone. The
    /// connection that repeats it becomes a subscriber.
    async fn repeat(&self, run: &NewRun, row: RunRow) -> Result<Started, ScheduleError> {
        let duplicate = |status, position| Started::Duplicate {
            status,
            position,
            message_id: row.message_id.clone(),
        };
        let thread = self.threads.meta(&run.key, run.now).await?;
        if thread.is_some_and(|meta| meta.deleted_after(row.recorded_at())) {
            self.threads.delete_input(run).await?;
            return Ok(Started::Deleted);
        }
        if row.status.ended() {
            return Ok(duplicate(row.status, 0));
        }
        self.threads.subscribe_repeated(run).await?;
        if row.status != RunStatus::Queued {
            self.wake(&run.key, &run.run_id, Some(&row), run.now)
                .await?;
            return Ok(duplicate(row.status, 0));
        }
        if row.message_id == first_message_id(&run.run_id) {
            let input = self.threads.input(&run.key, &run.run_id).await?;
            // Only the last answer queues a run that follows others.
            if input.is_some_and(|input| input.after.is_some()) {
                return Ok(duplicate(RunStatus::Queued, 0));
            }
        }
        self.threads.record_input(run).await?;
        let recorded = Recorded {
            recorded_at: row.recorded_at(),
            message_id: &row.message_id,
            repeated: Some(&row),
        };
        match self.enqueue(run, recorded).await? {
            Enqueued::At(position) => Ok(duplicate(RunStatus::Queued, position)),
            Enqueued::Refused(refusal) => self.refuse(run, row.recorded_at(), refusal).await,
        }
    }

    /// Sends the job of a repeated start that is the head, in case the first start ended before it sent one. Further
    /// repetitions send it only when it is overdue. The job is sent before it is counted, so that a client whose start
    /// fails because of the queue can repeat it.
    pub(crate) async fn send_again(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        row: &RunRow,
        now: u64,
    ) -> Result<(), ScheduleError> {
        if row.wakes > 0 && !overdue(Some(row), now) {
            return Ok(());
        }
        self.send(key, run_id).await?;
        let next = wake_after_repetition(row, now);
        Ok(self.threads.count_wake(key, run_id, row, next).await?)
    }
}
