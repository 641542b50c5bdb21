//! The one task that writes a run: one write at a time, each under the epoch this worker took it with.

use std::time::Duration;

use longwire_agent::ctx::{Stage, Step};
use longwire_core::event_batch::EventBatch;
use longwire_core::message::{Message, Usage};
use longwire_store::error::StoreError;
use longwire_store::threads::lease::{Commit, Ended, Written};
use longwire_store::threads::transition::{Cut, End};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};

use crate::running::{Lost, Running};
use longwire_core::clock;

/// How long a failing store is left alone between two tries. The store's own tries come on top.
const PAUSE: Duration = Duration::from_millis(500);

/// Longer than any invocation.
const FOREVER: Duration = Duration::from_secs(3600);

/// Writes a run.
pub(crate) struct Writer<'a> {
    running: &'a Running<'a>,
    /// Each confirmed lease is told here.
    lease: watch::Sender<Instant>,
    /// The step under way, counted from 1.
    step: watch::Sender<u32>,
    /// The last line in the log.
    logged: u64,
    next_number: u64,
    usage: Usage,
}

impl<'a> Writer<'a> {
    /// For a run that was just taken. Each confirmed lease is told to `lease`.
    pub(crate) fn new(running: &'a Running<'a>, lease: watch::Sender<Instant>) -> Self {
        let taken = &running.taken;
        let next_number = taken.start.history.next_number(&taken.delivery.job.run_id);
        let row = &taken.found.row;
        Self {
            running,
            lease,
            step: watch::Sender::new(running.taken.first_step()),
            logged: row.last_seq,
            next_number,
            usage: row.usage,
        }
    }

    /// The step under way: the first that is not stored.
    pub(crate) fn step(&self) -> watch::Receiver<u32> {
        self.step.subscribe()
    }

    /// What is void when the step under way is cut off.
    pub(crate) fn cut(&self) -> Cut {
        Cut {
            step: *self.step.borrow(),
            keep: self.logged.max(1),
        }
    }

    /// Stores the user's message when it is not stored yet, then each step as it comes, and keeps lease and
    /// visibility meanwhile, until there are no more steps. `gone` says since when nobody watches.
    pub(crate) async fn serve(
        &mut self,
        mut steps: mpsc::Receiver<Step>,
        mut gone: watch::Receiver<Option<u64>>,
    ) -> Result<(), Lost> {
        if let Some(prompt) = self.running.taken.unstored_prompt() {
            self.store(&[prompt], None).await?;
        }
        let every = self.running.deps.settings.renew_every();
        let mut renewal = interval_at(Instant::now() + every, every);
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                step = steps.recv() => match step {
                    Some(step) => {
                        self.store(&step.messages, Some(&step.events)).await?;
                        if matches!(step.stage, Stage::Finished) {
                            self.step.send_modify(|step| *step += 1);
                        }
                        confirm(step.stage);
                    }
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
        lines: &EventBatch,
        end: End,
    ) -> Result<Ended, Lost> {
        let commit = self.commit(messages, Some(lines));
        let ended = self
            .patiently(async || self.running.fence.end(&commit, end).await)
            .await?;
        match ended {
            Ended::Lost => return Err(Lost::fenced()),
            Ended::CancelRequested(_) => {}
            Ended::Done => drop(self.lease.send_replace(Instant::now() + FOREVER)),
        }
        Ok(ended)
    }

    /// What the run cost, with what these messages cost.
    pub(crate) fn usage_with(&self, messages: &[Message]) -> Usage {
        // What is marked as calling comes once more, and is counted then.
        let over = messages.iter().filter(|message| !message.calling);
        let costs = over.filter_map(|message| message.usage);
        costs.fold(self.usage, |all, cost| all + cost)
    }

    async fn store(
        &mut self,
        messages: &[Message],
        lines: Option<&EventBatch>,
    ) -> Result<(), Lost> {
        let commit = self.commit(messages, lines);
        self.persist(async || self.running.fence.commit(&commit).await)
            .await?;
        self.usage = commit.usage;
        self.logged = commit.events.map_or(self.logged, |lines| lines.last);
        // What is marked as calling is written once more, under the same number.
        let over = messages.iter().filter(|message| !message.calling);
        self.next_number += over.count() as u64;
        Ok(())
    }

    fn commit<'c>(&self, messages: &'c [Message], lines: Option<&'c EventBatch>) -> Commit<'c> {
        let settings = &self.running.deps.settings;
        let now = clock::unix_seconds();
        Commit {
            messages: (self.next_number..).zip(messages).collect(),
            messages_ttl: settings.thread_ttl.map(|keep| messages_ttl(now, keep)),
            events: lines.filter(|batch| !batch.is_empty()),
            // They must outlive the run, however long it takes.
            events_ttl: now + settings.run.as_secs() + settings.replay.as_secs(),
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
            .renew(clock::unix_seconds() + lease.as_secs())
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
        self.persist(async || self.running.fence.set_gone_since(since).await)
            .await
    }

    /// Writes until it stands or is lost.
    async fn persist(
        &self,
        write: impl AsyncFn() -> Result<Written, StoreError>,
    ) -> Result<(), Lost> {
        match self.patiently(write).await? {
            Written::Done => Ok(()),
            Written::Lost => Err(Lost::fenced()),
        }
    }

    /// Asks the store until it answers or the lease is over.
    pub(crate) async fn patiently<T>(
        &self,
        ask: impl AsyncFn() -> Result<T, StoreError>,
    ) -> Result<T, Lost> {
        loop {
            match ask().await {
                Ok(answer) => return Ok(answer),
                Err(fault) => self.bear(&fault).await?,
            }
        }
    }

    /// A store that fails is borne for as long as the lease holds.
    async fn bear(&self, fault: &StoreError) -> Result<(), Lost> {
        tracing::warn!(%fault, "the run cannot be written");
        if Instant::now() + PAUSE > *self.lease.borrow() {
            return Err(Lost(format!("its store failed past the lease: {fault}")));
        }
        sleep(PAUSE).await;
        Ok(())
    }

    /// Keeps the message hidden from other workers.
    pub(crate) async fn hide(&self) {
        let Running { deps, taken, .. } = self.running;
        taken.delivery.hide(deps).await;
    }
}

/// Tells the loop that its calls may be made. If it does not wait any more, it is to stop.
fn confirm(stage: Stage) {
    match stage {
        Stage::Calling(stored) => drop(stored.send(())),
        Stage::Finished => {}
    }
}

/// When messages written now are forgotten: an eighth later than a thread last used now, so that a thread in
/// use gets by with prolonging each of them a few times.
pub(crate) fn messages_ttl(now: u64, keep: Duration) -> u64 {
    now + keep.as_secs() + keep.as_secs() / 8
}
