//! The one task that writes a run: one write at a time, each under the epoch this worker took it with.

use std::time::Duration;

use shared::agent::ctx::Step;
use shared::aws::fault::Fault;
use shared::aws::threads::fence::{Commit, End, Ended, Written};
use shared::message::{Message, Usage};
use shared::sender::handle::Batch;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};

use crate::clock;
use crate::running::{Lost, Running};

/// How long a failing store is left alone between two tries. The store's own tries come on top.
const PAUSE: Duration = Duration::from_millis(500);

/// Longer than any invocation.
const FOREVER: Duration = Duration::from_secs(3600);

/// Writes a run.
pub(crate) struct Writer<'a> {
    running: &'a Running<'a>,
    /// Each confirmed lease is told here.
    lease: watch::Sender<Instant>,
    next_number: u64,
    usage: Usage,
}

impl<'a> Writer<'a> {
    /// For a run that was just taken. Each confirmed lease is told to `lease`.
    pub(crate) fn new(running: &'a Running<'a>, lease: watch::Sender<Instant>) -> Self {
        let next_number = running.taken.start.history.next_number();
        Self {
            running,
            lease,
            next_number,
            usage: running.taken.found.row.usage,
        }
    }

    /// Stores the user's message when it is not stored yet, then each step as it comes, and keeps lease and
    /// visibility meanwhile, until there are no more steps. `gone` says since when nobody watches.
    pub(crate) async fn serve(
        &mut self,
        mut steps: mpsc::Receiver<Step>,
        mut gone: watch::Receiver<Option<u64>>,
    ) -> Result<(), Lost> {
        self.hide().await;
        if let Some(prompt) = self.running.taken.unstored_prompt() {
            self.store(&[prompt], None).await?;
        }
        let every = self.running.deps.settings.renew_every();
        let mut renewal = interval_at(Instant::now() + every, every);
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                step = steps.recv() => match step {
                    Some(step) => self.store(&step.messages, Some(&step.lines)).await?,
                    None => return Ok(()),
                },
                _ = renewal.tick() => self.renew().await?,
                Ok(()) = gone.changed() => {
                    let since = *gone.borrow_and_update();
                    self.note_gone(since).await?;
                }
            }
        }
    }

    /// Stores the run's end. After it nobody can take the run any more, so its last lines may go out at
    /// whatever time.
    pub(crate) async fn end(
        &mut self,
        messages: &[Message],
        lines: &Batch,
        end: End,
    ) -> Result<Ended, Lost> {
        let commit = self.commit(messages, Some(lines));
        loop {
            match self.running.fence.end(&commit, end).await {
                Ok(Ended::Lost) => return Err(Lost::fenced()),
                Ok(Ended::CancelAsked(reason)) => return Ok(Ended::CancelAsked(reason)),
                Ok(Ended::Done) => break,
                Err(fault) => self.bear(&fault).await?,
            }
        }
        self.lease.send_replace(Instant::now() + FOREVER);
        Ok(Ended::Done)
    }

    /// What the run cost, with what these messages cost.
    pub(crate) fn usage_with(&self, messages: &[Message]) -> Usage {
        let costs = messages.iter().filter_map(|message| message.usage);
        costs.fold(self.usage, |all, cost| all + cost)
    }

    async fn store(&mut self, messages: &[Message], lines: Option<&Batch>) -> Result<(), Lost> {
        let commit = self.commit(messages, lines);
        self.persist(async || self.running.fence.commit(&commit).await)
            .await?;
        self.usage = commit.usage;
        self.next_number += messages.len() as u64;
        Ok(())
    }

    fn commit<'c>(&self, messages: &'c [Message], lines: Option<&'c Batch>) -> Commit<'c> {
        let settings = &self.running.deps.settings;
        let now = clock::seconds();
        Commit {
            messages: (self.next_number..).zip(messages).collect(),
            messages_ttl: settings.thread_ttl.map(|keep| messages_ttl(now, keep)),
            lines: lines.filter(|batch| !batch.lines.is_empty()),
            lines_ttl: now + settings.replay.as_secs(),
            usage: self.usage_with(messages),
        }
    }

    /// The lease first, then the message's visibility: only the row decides who owns the run. A renewal that
    /// fails is made again by the next one; there are three to a lease.
    async fn renew(&mut self) -> Result<(), Lost> {
        let lease = self.running.deps.settings.lease;
        let asked = Instant::now();
        match self
            .running
            .fence
            .renew(clock::seconds() + lease.as_secs())
            .await
        {
            Ok(Written::Done) => drop(self.lease.send_replace(asked + lease)),
            Ok(Written::Lost) => return Err(Lost::fenced()),
            Err(fault) => self.bear(&fault).await?,
        }
        self.hide().await;
        Ok(())
    }

    async fn note_gone(&self, since: Option<u64>) -> Result<(), Lost> {
        self.persist(async || self.running.fence.gone_since(since).await)
            .await
    }

    /// Writes until it stands or is lost.
    async fn persist(&self, write: impl AsyncFn() -> Result<Written, Fault>) -> Result<(), Lost> {
        loop {
            match write().await {
                Ok(Written::Done) => return Ok(()),
                Ok(Written::Lost) => return Err(Lost::fenced()),
                Err(fault) => self.bear(&fault).await?,
            }
        }
    }

    /// A store that fails is borne for as long as the lease holds.
    async fn bear(&self, fault: &Fault) -> Result<(), Lost> {
        tracing::warn!(%fault, "the run cannot be written");
        if Instant::now() + PAUSE > *self.lease.borrow() {
            return Err(Lost(format!("its store failed past the lease: {fault}")));
        }
        sleep(PAUSE).await;
        Ok(())
    }

    /// Keeps the message hidden from other workers. A failure decides nothing.
    pub(crate) async fn hide(&self) {
        if let Err(fault) = self
            .running
            .deps
            .queue
            .keep_invisible(
                self.running.taken.delivery.receipt,
                self.running.deps.settings.visibility,
            )
            .await
        {
            tracing::warn!(%fault, "the message's visibility could not be changed");
        }
    }
}

/// When messages written now are forgotten: an eighth later than a thread last used now, so that a thread in
/// use gets by with prolonging each of them a few times.
pub(crate) fn messages_ttl(now: u64, keep: Duration) -> u64 {
    now + keep.as_secs() + keep.as_secs() / 8
}
