//! The one task that writes a run: one write at a time, each under the epoch this worker took it with.

use std::time::Duration;

use shared::agent::ctx::Step;
use shared::aws::fault::Fault;
use shared::aws::threads::fence::{Commit, End, Written};
use shared::message::{Message, Usage};
use shared::sender::handle::Batch;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};

use crate::clock;
use crate::execute::{Lost, Running};

/// How long a failing store is left alone between two tries. The store's own tries come on top.
const PAUSE: Duration = Duration::from_millis(500);

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
            usage: running.taken.row.usage,
        }
    }

    /// Stores the user's message when it is not stored yet, then each step as it comes, and keeps lease and
    /// visibility meanwhile, until there are no more steps.
    pub(crate) async fn serve(
        &mut self,
        mut steps: mpsc::Receiver<Step>,
        mut gone: mpsc::Receiver<Option<u64>>,
    ) -> Result<(), Lost> {
        self.hide().await;
        if let Some(prompt) = self.running.taken.unstored_prompt() {
            self.store(&[prompt], None, None).await?;
        }
        let every = self.running.deps.settings.renew_every();
        let mut renewal = interval_at(Instant::now() + every, every);
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                step = steps.recv() => match step {
                    Some(step) => drop(self.store(&step.messages, Some(&step.lines), None).await?),
                    None => return Ok(()),
                },
                _ = renewal.tick() => self.renew().await?,
                Some(since) = gone.recv() => self.note_gone(since).await?,
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
    ) -> Result<Written, Lost> {
        let written = self.store(messages, Some(lines), Some(end)).await?;
        if written == Written::Done {
            self.lease.send_replace(Instant::now() + FOREVER);
        }
        Ok(written)
    }

    /// What the run cost so far.
    pub(crate) fn usage(&self) -> Usage {
        self.usage
    }

    async fn store(
        &mut self,
        messages: &[Message],
        lines: Option<&Batch>,
        end: Option<End>,
    ) -> Result<Written, Lost> {
        let mut usage = self.usage;
        messages
            .iter()
            .filter_map(|message| message.usage)
            .for_each(|cost| usage += cost);
        let now = clock::seconds();
        let commit = Commit {
            messages: (self.next_number..).zip(messages).collect(),
            messages_ttl: self
                .running
                .deps
                .settings
                .thread_ttl
                .map(|ttl| now + ttl.as_secs()),
            lines: lines.filter(|batch| !batch.lines.is_empty()),
            lines_ttl: now + self.running.deps.settings.replay.as_secs(),
            usage,
            end,
        };
        loop {
            match self.running.fence.commit(&commit).await {
                Ok(Written::Lost) => {
                    return Err(Lost("another worker owns it, or it has ended".to_owned()));
                }
                Ok(Written::CancelAsked(reason)) => return Ok(Written::CancelAsked(reason)),
                Ok(Written::Done) => break,
                Err(fault) => self.bear(&fault).await?,
            }
        }
        self.usage = usage;
        self.next_number += messages.len() as u64;
        Ok(Written::Done)
    }

    /// The lease first, then the message's visibility: only the row decides who owns the run.
    async fn renew(&mut self) -> Result<(), Lost> {
        let asked = Instant::now();
        let until = clock::seconds() + self.running.deps.settings.lease.as_secs();
        match self.running.fence.renew(until).await {
            Ok(Written::Done) => {
                self.lease
                    .send_replace(asked + self.running.deps.settings.lease);
            }
            Ok(_) => return Err(Lost("another worker owns it, or it has ended".to_owned())),
            Err(fault) => self.bear(&fault).await?,
        }
        self.hide().await;
        Ok(())
    }

    async fn note_gone(&mut self, since: Option<u64>) -> Result<(), Lost> {
        match self.running.fence.gone_since(since).await {
            Ok(Written::Lost) => Err(Lost("another worker owns it, or it has ended".to_owned())),
            Ok(_) => Ok(()),
            Err(fault) => self.bear(&fault).await,
        }
    }

    /// A store that fails is tried again for as long as the lease holds, and the lease is not renewed by
    /// hope: without the store nobody else can take the run either.
    async fn bear(&mut self, fault: &Fault) -> Result<(), Lost> {
        tracing::warn!(%fault, "the run cannot be written");
        if Instant::now() + PAUSE > *self.lease.borrow() {
            return Err(Lost(format!("its store failed past the lease: {fault}")));
        }
        sleep(PAUSE).await;
        Ok(())
    }

    /// Keeps the message hidden from other workers. A failure decides nothing.
    async fn hide(&self) {
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

/// Longer than any invocation.
const FOREVER: Duration = Duration::from_secs(3600);
