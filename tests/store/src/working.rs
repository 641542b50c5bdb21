//! A run in a worker that has begun with it, as the worker has it in `execute.rs`, `writer.rs`, `passing.rs` and
//! `ending.rs`: its writes, without what it writes about.

use std::sync::Arc;

use anyhow::{Result, bail};
use longwire_core::event_batch::EventBatch;
use longwire_core::ids::MessageId;
use longwire_core::message::{Block, Message, Role, Usage};
use longwire_core::run::CancelReason;
use longwire_core::run::{RunEnd, RunErrorCode, RunRow, RunStatus};
use longwire_store::error::StoreError;
use longwire_store::threads::lease::{Commit, Ended, RunLease, Written};
use longwire_store::threads::transition::{Cut, HandOver};

use crate::transition::{Act, Last};
use crate::worker::{LEASE, Start, Worker};

/// How many workers may die on a run.
const MAX_CRASHES: u32 = 3;

/// How often a run may be cut or handed over here, so that a sequence ends.
const MAX_HANDOVERS: u32 = 6;

/// By when the next worker must have come, in seconds from now.
const WAKE: u64 = 60;

/// How often a store that fails is asked here. The worker asks it for as long as its lease holds.
const TRIES: usize = 3;

/// A run that this worker writes.
struct Working<'a> {
    worker: &'a Worker,
    fence: RunLease,
    usage: Usage,
    /// The last line that stands.
    logged: u64,
    /// The next message's number in the thread.
    number: u64,
    /// The next step, counted from 1.
    step: usize,
}

/// Does what the worker is to do with the run, unless somebody wants it stopped.
pub(crate) async fn work(worker: &Worker, row: RunRow, start: Start) -> Result<()> {
    let run = &worker.job.run_id;
    let mine = |message: &&Message| message.run_id == *run;
    let stored = start.history.messages.iter().map(|stored| &stored.message);
    let stored: Vec<_> = stored.filter(mine).collect();
    let answers = stored
        .iter()
        .filter(|message| message.role == Role::Assistant);
    let mut working = Working {
        worker,
        fence: worker.fence(row.epoch, start.born),
        usage: row.usage,
        logged: standing(&row),
        number: start.history.next_number(run),
        step: answers.count() + 1,
    };
    if row.crashes >= MAX_CRASHES {
        return working.end(RunEnd::Failed(RunErrorCode::Internal)).await;
    }
    if stored.is_empty() {
        let id = start.input.message_id;
        let prompt = Message::user(id, run.clone(), start.input.prompt);
        working.store(&prompt, false).await?;
    }
    for act in &worker.work.acts {
        if let Some(reason) = working.asked_to_stop().await? {
            return working.end(RunEnd::Cancelled(reason)).await;
        }
        match act {
            Act::Step => working.store_step().await?,
            Act::Renew => working.renew().await?,
        }
    }
    if let Some(reason) = working.asked_to_stop().await? {
        return working.end(RunEnd::Cancelled(reason)).await;
    }
    let last = worker.work.last;
    match last {
        Last::HandOver | Last::Cut if row.handovers >= MAX_HANDOVERS => {
            working.end(RunEnd::Finished).await
        }
        Last::HandOver => working.hand_over(None).await,
        Last::Cut => {
            let step = u32::try_from(working.step).unwrap_or(u32::MAX);
            let keep = working.logged.max(1);
            working.hand_over(Some(Cut { step, keep })).await
        }
        Last::Finish => working.end(RunEnd::Finished).await,
        Last::Fail => working.end(RunEnd::Failed(RunErrorCode::Internal)).await,
    }
}

/// The last line of former workers that stands.
fn standing(row: &RunRow) -> u64 {
    match row.restarts.last() {
        Some(&keep) if keep + 1 >= row.last_seq => keep,
        Some(_) | None => row.last_seq,
    }
}

impl Working<'_> {
    /// The control read.
    async fn asked_to_stop(&self) -> Result<Option<CancelReason>> {
        let read = async || {
            self.fence
                .threads
                .run_row(&self.fence.key, &self.fence.run_id)
                .await
        };
        let row = patiently(read).await?;
        let mine = |row: &RunRow| row.epoch == self.fence.epoch && row.status == RunStatus::Running;
        match row.filter(mine) {
            Some(row) => Ok(row.cancel_requested),
            None => bail!("the run is not this worker's any more"),
        }
    }

    fn answer(&self) -> Message {
        let text = Block::Text {
            id: MessageId::trusted(format!("step-{}", self.step)),
            text: "…".to_owned(),
        };
        Message::new(Role::Assistant, self.fence.run_id.clone(), vec![text])
    }

    fn lines(&self) -> EventBatch {
        let lines = (1..=2).map(|line| Arc::from(format!("line {}", self.logged + line)));
        EventBatch {
            first: self.logged + 1,
            last: self.logged + 2,
            events: lines.collect(),
        }
    }

    fn commit<'c>(&self, message: &'c Message, lines: Option<&'c EventBatch>) -> Commit<'c> {
        let ttl = self.worker.case.now() + 24 * 3600;
        Commit {
            messages: vec![(self.number, message)],
            messages_ttl: Some(ttl),
            events: lines,
            events_ttl: ttl,
            usage: self.usage,
        }
    }

    async fn store(&mut self, message: &Message, with_lines: bool) -> Result<()> {
        let lines = self.lines();
        let commit = self.commit(message, with_lines.then_some(&lines));
        owned(patiently(async || self.fence.commit(&commit).await).await?)?;
        self.number += 1;
        if with_lines {
            self.logged = lines.last;
        }
        Ok(())
    }

    async fn store_step(&mut self) -> Result<()> {
        let answer = self.answer();
        self.store(&answer, true).await?;
        self.step += 1;
        Ok(())
    }

    /// A renewal that fails is made again by the next one.
    async fn renew(&self) -> Result<()> {
        let until = self.worker.case.now() + LEASE;
        self.fence.renew(until).await.map_or(Ok(()), owned)
    }

    async fn hand_over(&self, cut: Option<Cut>) -> Result<()> {
        let RunLease {
            threads,
            key,
            run_id,
            ..
        } = &self.fence;
        loop {
            let row = patiently(async || threads.run_row(key, run_id).await).await?;
            let attached = row.map(|row| row.subscribers).unwrap_or_default();
            let moved = HandOver {
                before: &attached,
                after: &attached,
                wake_by: self.worker.case.now() + WAKE,
            };
            let handed = async || match self.fence.hand_over(moved, cut).await {
                Err(StoreError::ConditionFailed) => Ok(None),
                written => written.map(Some),
            };
            if let Some(written) = patiently(handed).await? {
                owned(written)?;
                break;
            }
        }
        Ok(self.worker.queue.send(&self.worker.job).await?)
    }

    async fn end(&self, mut end: RunEnd) -> Result<()> {
        let (answer, lines) = (self.answer(), self.lines());
        let commit = self.commit(&answer, Some(&lines));
        let at = self.worker.case.now();
        loop {
            match patiently(async || self.fence.end(&commit, end, at).await).await? {
                Ended::Done => break,
                // The cancel came first.
                Ended::CancelRequested(reason) => end = RunEnd::Cancelled(reason),
                Ended::Lost => bail!("the run is not this worker's any more"),
            }
        }
        self.worker
            .case
            .ledger()
            .ended(&self.fence.run_id, end.status());
        self.worker.move_on().await
    }
}

fn owned(written: Written) -> Result<()> {
    match written {
        Written::Done => Ok(()),
        Written::Lost => bail!("the run is not this worker's any more"),
    }
}

async fn patiently<T>(ask: impl AsyncFn() -> Result<T, StoreError>) -> Result<T, StoreError> {
    for _ in 1..TRIES {
        if let Ok(answer) = ask().await {
            return Ok(answer);
        }
    }
    ask().await
}
