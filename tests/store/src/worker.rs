//! A delivery, as the worker has it in `delivery.rs` and `moving.rs`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use longwire_core::ids::RunId;
use longwire_core::job::Job;
use longwire_core::run::{RunInput, RunRow};
use longwire_queue::Queue;
use longwire_store::threads::Threads;
use longwire_store::threads::claim::{Claim, ClaimOutcome};
use longwire_store::threads::lease::RunLease;
use longwire_store::threads::messages::History;
use longwire_store::threads::run_queue::{Appended, MAX_RUNS};
use longwire_store::threads::transition::Claimant;

use crate::case::Case;
use crate::gate::Gate;
use crate::operation::{Operation, Process};
use crate::pool::Message;
use crate::transition::Work;
use crate::trouble::Trouble;
use crate::working::work;

/// How long a lease is, in seconds.
pub(crate) const LEASE: u64 = 45;

/// How long after another worker's lease a job is looked at again.
const AFTER_LEASE: Duration = Duration::from_secs(5);

/// More messages than a sequence has.
const HISTORY: i32 = 200;

/// A worker with a message.
pub(crate) struct Worker {
    pub case: Arc<Case>,
    pub gate: Arc<Gate>,
    pub threads: Threads,
    pub queue: Queue,
    pub job: Job,
    pub work: Work,
    /// What names this invocation.
    pub invocation: String,
}

/// What a run starts from.
pub(crate) struct Start {
    pub born: u64,
    pub line: Vec<RunId>,
    pub history: History,
    pub input: RunInput,
}

/// The delivery of a message, to the invocation of this number.
pub(crate) fn deliver(
    case: &Arc<Case>,
    message: Message,
    invocation: usize,
    work: Work,
    troubles: Vec<Trouble>,
) -> Operation {
    let invocation = format!("worker {invocation}");
    let name = format!(
        "{invocation}, {} by message {}",
        message.job.run_id, message.number
    );
    let gate = Gate::new(case, name, work.reads_first, troubles);
    let (threads, queue) = case.hands(&gate);
    let worker = Worker {
        case: Arc::clone(case),
        gate: Arc::clone(&gate),
        threads,
        queue,
        job: message.job,
        work,
        invocation,
    };
    let doing = Box::pin(async move {
        let done = worker.deliver().await;
        let told = done
            .as_ref()
            .map_or_else(|error| format!("{error:#}"), |()| "done".to_owned());
        worker.case.ledger().tell(&worker.gate.name, &told);
        // A message that failed comes back.
        if done.is_ok() {
            worker.case.pool().delete(message.number);
        }
    });
    Operation {
        process: Process::Worker,
        gate,
        doing,
    }
}

impl Worker {
    /// The right to write the run under this epoch.
    pub(crate) fn fence(&self, epoch: u32, born: u64) -> RunLease {
        RunLease {
            threads: self.threads.clone(),
            key: self.case.key.clone(),
            run_id: self.job.run_id.clone(),
            epoch,
            born,
        }
    }

    async fn deliver(&self) -> Result<()> {
        let now = self.case.now();
        let taker = Claimant {
            id: &self.invocation,
            now,
            until: now + LEASE,
        };
        let (take, start) = tokio::join!(
            self.threads.claim(&self.case.key, &self.job.run_id, taker),
            self.load()
        );
        match take? {
            ClaimOutcome::Claimed(row, came) => {
                let start = if row.epoch > 1 {
                    self.load().await
                } else {
                    start
                };
                self.begin(row, came, start).await
            }
            ClaimOutcome::Leased(row) => self.look_again(&row, now).await,
            ClaimOutcome::Ended(_) | ClaimOutcome::Missing => self.move_on().await,
        }
    }

    async fn load(&self) -> Result<Start> {
        let key = &self.case.key;
        let now = self.case.now();
        let (beginning, history) = tokio::join!(
            self.threads.meta_and_input(key, &self.job.run_id, now),
            self.threads.history(key, HISTORY),
        );
        let (meta, input) = beginning?;
        let born = meta.as_ref().map_or(now, |meta| meta.born);
        Ok(Start {
            born,
            line: meta.map(|meta| meta.run_queue).unwrap_or_default(),
            history: history?.of(born, now),
            input: input.context("the run has no input")?,
        })
    }

    async fn begin(&self, row: RunRow, came: Claim, start: Result<Start>) -> Result<()> {
        let fence = self.fence(row.epoch, 0);
        let placed = match start {
            Ok(start) => self.placed(start).await,
            Err(error) => Err(error),
        };
        let start = match placed {
            Ok(start) => start,
            Err(error) => {
                fence.give_back(came).await?;
                return Err(error);
            }
        };
        if let Some(head) = start.line.first().filter(|head| **head != self.job.run_id) {
            fence.give_back(came).await?;
            return Ok(self.queue.send(&self.job_of(head)).await?);
        }
        self.gate
            .begun
            .set(self.job.run_id.clone())
            .expect("a worker begins once");
        work(self, row, start).await
    }

    async fn placed(&self, start: Start) -> Result<Start> {
        let (key, run) = (&self.case.key, &self.job.run_id);
        if start.line.contains(run) {
            return Ok(start);
        }
        let now = self.case.now();
        let (Appended::At { meta, .. } | Appended::Full(meta)) =
            self.threads.append(key, run, MAX_RUNS, now, None).await?;
        Ok(Start {
            born: meta.born,
            line: meta.run_queue,
            ..start
        })
    }

    async fn look_again(&self, row: &RunRow, now: u64) -> Result<()> {
        let delay = Duration::from_secs(row.lease_until.saturating_sub(now)) + AFTER_LEASE;
        Ok(self.queue.send_after(&self.job, delay).await?)
    }

    /// Takes the run off the head of its thread's line and wakes the next.
    pub(crate) async fn move_on(&self) -> Result<()> {
        if let Some(next) = self
            .threads
            .advance(&self.case.key, &self.job.run_id)
            .await?
        {
            self.queue.send(&self.job_of(&next)).await?;
        }
        Ok(())
    }

    fn job_of(&self, run: &RunId) -> Job {
        Job {
            run_id: run.clone(),
            ..self.job.clone()
        }
    }
}
