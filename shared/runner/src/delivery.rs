//! What a delivery of a job leads to, by what the run's row says. A delivery may come twice or late:
//! only the row decides.

use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use longwire_core::ids::RunId;
use longwire_core::job::Job;
use longwire_core::run::RunRow;
use longwire_core::thread_key::ThreadKey;
use longwire_store::threads::claim::ClaimOutcome;
use longwire_store::threads::lease::RunLease;
use longwire_store::threads::run_queue::{Appended, MAX_RUNS};
use longwire_store::threads::transition::Claimant;
use tokio::time::Instant;

use crate::advance::move_on;
use crate::attempt::execute;
use crate::deadlines::Time;
use crate::deps::Deps;
use crate::load::{Start, load, unreadable};
use crate::replay::{replay, tell_end_again};
use crate::taken::{Found, Taken};
use longwire_core::clock;

/// How long after another worker's lease a job is looked at again.
const AFTER_LEASE: Duration = Duration::from_secs(5);

/// One delivery of a job.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// The job.
    pub job: &'a Job,
    /// What names this delivery to the queue.
    pub receipt: &'a str,
    /// What names this invocation.
    pub invocation: &'a str,
    /// When Lambda ends this invocation.
    pub deadline: SystemTime,
}

impl Delivery<'_> {
    /// The job's thread.
    pub fn key(&self) -> ThreadKey {
        ThreadKey {
            owner: self.job.owner.clone(),
            thread_id: self.job.thread_id.clone(),
        }
    }

    /// The right to write the run under this epoch.
    pub fn fence(&self, deps: &Deps, epoch: u32) -> RunLease {
        RunLease {
            threads: deps.threads.clone(),
            key: self.key(),
            run_id: self.job.run_id.clone(),
            epoch,
            born: 0,
        }
    }

    /// Keeps the message hidden from other workers for a while. A failure decides nothing: the run's row does.
    pub async fn hide(&self, deps: &Deps) {
        let hidden = deps
            .queue
            .change_visibility(self.receipt, deps.settings.visibility);
        if let Err(fault) = hidden.await {
            tracing::warn!(%fault, "the message's visibility could not be changed");
        }
    }
}

/// Does what the job asks for. Meanwhile the message's visibility is made short: the queue's own is as long as a
/// worker may live, and one that dies at once would cost that.
#[tracing::instrument(skip_all, fields(run = %delivery.job.run_id, thread = %delivery.job.thread_id))]
pub async fn deliver(deps: &Deps, delivery: Delivery<'_>) -> anyhow::Result<()> {
    if let Some(wish) = &delivery.job.replay {
        return replay(deps, delivery, wish).await;
    }
    let (moved, ()) = tokio::join!(move_run(deps, delivery), delivery.hide(deps));
    moved
}

/// Does what the run needs: a worker, patience, or nothing but its end told again.
async fn move_run(deps: &Deps, delivery: Delivery<'_>) -> anyhow::Result<()> {
    let key = delivery.key();
    let run_id = &delivery.job.run_id;
    let asked = Instant::now();
    let now = clock::unix_seconds();
    let until = now + deps.settings.lease.as_secs();
    let taker = Claimant {
        id: delivery.invocation,
        now,
        until,
    };
    // One round trip: the lease, and everything the model call needs.
    let (take, start) = tokio::join!(
        deps.threads.claim(&key, run_id, taker),
        load(deps, &key, run_id)
    );
    match take.context("taking the run")? {
        ClaimOutcome::Claimed(row, came) => {
            // Another worker may have written between the reads and the take: only what is read after it counts.
            let start = if row.epoch > 1 {
                load(deps, &key, run_id).await
            } else {
                start
            };
            let lease = asked + deps.settings.lease;
            let found = Found { row, came, lease };
            begin(deps, delivery, found, start).await
        }
        ClaimOutcome::Leased(row) => look_again(deps, delivery.job, &row, now).await,
        ClaimOutcome::Ended(row) => {
            // First the line: somebody may wait in it.
            let moved = move_on(deps, &key, delivery.job).await;
            tell_end_again(deps, delivery, &row).await;
            moved
        }
        ClaimOutcome::Missing => move_on(deps, &key, delivery.job).await,
    }
}

/// Runs a run that was taken, unless what it starts from cannot be read or another is before it in line: a
/// late message may name a run that waits. Then it is let go of as if it had not been taken.
async fn begin(
    deps: &Deps,
    delivery: Delivery<'_>,
    found: Found,
    start: anyhow::Result<Start>,
) -> anyhow::Result<()> {
    let fence = delivery.fence(deps, found.row.epoch);
    let placed = match start {
        Ok(start) => placed(deps, &fence, start).await,
        Err(error) if unreadable(&error) => {
            tracing::error!(error = format!("{error:#}"), "the run cannot be read");
            Ok(Place::Head(Start::broken(&found.row)))
        }
        Err(error) => Err(error),
    };
    match placed {
        Ok(Place::Head(start)) => {
            let time = Time::new(&found.row, delivery.deadline, deps.settings.run);
            let taken = Taken {
                delivery,
                found,
                start,
                time,
            };
            Ok(execute(deps, taken).await?)
        }
        Ok(Place::Behind(head)) => {
            let given = fence.give_back(found.came).await;
            given.context("letting go of a run that waits")?;
            let head = Job::new(&fence.key, head);
            let sent = deps.queue.send(&head).await;
            sent.context("waking the run before it")
        }
        Err(error) => {
            let given = fence.give_back(found.came).await;
            given.context("letting go of the run")?;
            Err(error)
        }
    }
}

/// Where a run stands in its thread's line.
enum Place {
    /// It is its turn.
    Head(Start),
    /// This one is to be answered first.
    Behind(RunId),
}

/// Finds the run's place. A start that is taken back while it is repeated can take its repetition out of the line:
/// such a run gets a place before it begins, or it would run beside whoever comes next.
async fn placed(deps: &Deps, fence: &RunLease, start: Start) -> anyhow::Result<Place> {
    if start.line.contains(&fence.run_id) {
        return Ok(at(fence, start));
    }
    let now = clock::unix_seconds();
    let keep = deps.settings.thread_ttl;
    let appended = deps
        .threads
        .append(&fence.key, &fence.run_id, MAX_RUNS, now, keep);
    let (Appended::At { meta, .. } | Appended::Full(meta)) =
        appended.await.context("taking a place in line")?;
    let start = Start {
        born: meta.born,
        line: meta.run_queue,
        ..start
    };
    Ok(at(fence, start))
}

fn at(fence: &RunLease, start: Start) -> Place {
    match start.line.first() {
        Some(head) if *head != fence.run_id => Place::Behind(head.clone()),
        _ => Place::Head(start),
    }
}

/// Somebody else is at it. A fresh message finds out later whether they finished; this one is done, so
/// that a duplicate cannot use up the receives of the message that recovers a crash.
async fn look_again(deps: &Deps, job: &Job, row: &RunRow, now: u64) -> anyhow::Result<()> {
    let delay = Duration::from_secs(row.lease_until.saturating_sub(now)) + AFTER_LEASE;
    deps.queue
        .send_after(job, delay)
        .await
        .context("sending the job again")
}
