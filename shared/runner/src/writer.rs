//! Writes a run: one write at a time, each under the epoch of the attempt.

mod retry;

use longwire_agent::budget::message_tokens;
use longwire_agent::ctx::{Stage, Step};
use longwire_core::event_batch::EventBatch;
use longwire_core::message::{Message, Usage};
use longwire_core::run_frame::RunFrame;
use longwire_store::threads::commit::Commit;
use longwire_store::threads::hand_over::Cut;
use longwire_store::threads::lease::{Ended, Written};
use longwire_store::threads::transition::next_wake_by;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::account::Spent;
use crate::attempt::Attempt;
use crate::deadlines::BEYOND_INVOCATION;
use crate::ending::Ending;
use crate::error::AttemptError;
use crate::writer::retry::log_failure;

/// Writes a run.
pub struct Writer<'a> {
    attempt: &'a Attempt<'a>,
    /// Expiry of the confirmed lease.
    lease: watch::Sender<Instant>,
    /// Step under way, counted from 1.
    step: watch::Sender<u32>,
    /// Number of the last event in the event log.
    logged: u64,
    next_number: u64,
    /// Number of the message that was stored before its tool calls ran.
    calling: Option<u64>,
    /// Number of the last message that the run stored.
    tip: Option<u64>,
    /// Stored `wakeBy` deadline.
    wake_by: Option<u64>,
    usage: Usage,
    /// Estimated tokens of the last messages that were stored with a reply of the model.
    last_reply: Option<u64>,
    /// Number of texts of the user that are stored as messages; `None` for a run that takes in none.
    steered: Option<u32>,
    /// Frame of the run, once a step of it is stored.
    frame: Option<RunFrame>,
    /// Set once this writer has stored the user message.
    stored_prompt: bool,
}

impl<'a> Writer<'a> {
    /// Writes the run of an attempt. Each confirmed lease is sent to `lease`.
    pub fn new(attempt: &'a Attempt<'a>, lease: watch::Sender<Instant>) -> Self {
        Self {
            attempt,
            lease,
            step: watch::Sender::new(attempt.first_step()),
            logged: attempt.row.last_seq,
            next_number: attempt.history.next_number(&attempt.lease.run_id),
            calling: attempt.history.calling(&attempt.lease.run_id),
            tip: attempt.row.tip,
            wake_by: attempt.row.wake_by,
            usage: attempt.row.usage,
            last_reply: None,
            steered: attempt.takes_texts().then_some(attempt.row.steered),
            frame: attempt.frame.clone(),
            stored_prompt: false,
        }
    }

    /// Step under way: the first one that is not stored.
    pub(crate) fn step(&self) -> watch::Receiver<u32> {
        self.step.subscribe()
    }

    /// Step and events that are void when the step under way is cut off.
    pub fn cut(&self) -> Cut {
        Cut {
            step: *self.step.borrow(),
            keep: self.logged.max(1),
        }
    }

    /// Stores the prompt unless an earlier worker did, then each step as it comes, and renews lease and visibility
    /// meanwhile. Returns when no more steps come.
    pub(crate) async fn serve(
        &mut self,
        mut steps: mpsc::Receiver<Step>,
        mut gone_since: watch::Receiver<Option<u64>>,
    ) -> Result<(), AttemptError> {
        self.store_prompt().await?;
        let every = self.attempt.runner.settings.renew_every();
        let mut renewal = interval_at(Instant::now() + every, every);
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                step = steps.recv() => match step {
                    Some(step) => self.store_step(step).await?,
                    None => return Ok(()),
                },
                _ = renewal.tick() => {
                    self.renew().await?;
                    self.extend_visibility().await;
                }
                Ok(()) = gone_since.changed() => {
                    let since = *gone_since.borrow_and_update();
                    self.store_gone_since(since).await?;
                }
            }
        }
    }

    /// Stores the user message unless an earlier worker or this one did. The agent loop sends the one of a run with approved
    /// calls, because it waits until that is stored.
    pub async fn store_prompt(&mut self) -> Result<(), AttemptError> {
        let prompt = self.attempt.unstored_prompt();
        if let Some(prompt) = prompt.filter(|prompt| !self.stored_prompt && !prompt.calling) {
            self.store(&[prompt], None, None).await?;
            self.stored_prompt = true;
        }
        Ok(())
    }

    /// Stores a step, or its assistant message before calls that must not be repeated.
    pub async fn store_step(&mut self, step: Step) -> Result<(), AttemptError> {
        let number = *self.step.borrow();
        let settle = settle(self.attempt, number, &step.messages);
        let store = self.store(&step.messages, Some(&step.events), step.frame.as_ref());
        let (stored, ()) = tokio::join!(store, settle);
        stored?;
        match step.stage {
            Stage::Finished => self.step.send_modify(|step| *step += 1),
            Stage::FirstMessage => {}
            // A loop that does not wait any more is about to stop.
            Stage::Calling(stored) => drop(stored.send(())),
        }
        Ok(())
    }

    /// Stores the end of the run. After it no worker can claim the run, so its last events may be posted at any time.
    pub(crate) async fn end(
        &mut self,
        ending: &Ending,
        events: Option<&EventBatch>,
    ) -> Result<Ended, AttemptError> {
        let Ending {
            end,
            messages,
            pending,
            ..
        } = ending;
        let commit = self.commit(messages, events, None);
        let at = self.attempt.runner.now();
        let ended = self
            .retry_while_leased(async || {
                let lease = &self.attempt.lease;
                lease.end(&commit, *end, pending.as_ref(), at).await
            })
            .await?;
        match ended {
            Ended::Lost => return Err(AttemptError::NotOwner),
            Ended::CancelRequested(_) | Ended::TextsWait(_) => {}
            Ended::Done => {
                self.tip = commit.tip().or(self.tip);
                self.last_reply = reply_tokens(messages).or(self.last_reply);
                self.lease.send_replace(Instant::now() + BEYOND_INVOCATION);
            }
        }
        Ok(ended)
    }

    /// Frame of the run, once a step of it is stored.
    pub(crate) fn frame(&self) -> Option<RunFrame> {
        self.frame.clone()
    }

    /// Number of texts of the user that are stored as messages, with those among `messages`; `None` for a run that takes in
    /// none.
    pub fn steered_with(&self, messages: &[Message]) -> Option<u32> {
        let texts = messages.iter().filter(|message| message.steered).count();
        let texts = u32::try_from(texts).unwrap_or(u32::MAX);
        self.steered.map(|stored| stored.saturating_add(texts))
    }

    /// Leaves out the texts of the user from now on, because they cannot be read.
    pub(crate) fn leave_out_texts(&mut self) {
        self.steered = None;
    }

    /// Adds the tokens of a failed model call to those of the run.
    pub(crate) fn add_usage(&mut self, usage: Usage) {
        self.usage = self.usage + usage;
    }

    /// Number of the last message that the run stored, in this attempt or an earlier one.
    pub fn tip(&self) -> Option<u64> {
        self.tip
    }

    /// Estimated tokens of the last messages that this attempt stored with a reply of the model.
    pub(crate) fn last_reply(&self) -> Option<u64> {
        self.last_reply
    }

    /// Tokens of the run, including those of `messages`.
    pub(crate) fn usage_with(&self, messages: &[Message]) -> Usage {
        let usages = completed(messages).filter_map(|message| message.usage);
        usages.fold(self.usage, |total, usage| total + usage)
    }

    /// Renews the lease. A renewal that fails is repeated by the next one; there are three to a lease.
    pub async fn renew(&mut self) -> Result<(), AttemptError> {
        let runner = self.attempt.runner;
        let lease = runner.settings.lease;
        let asked = Instant::now();
        let until = runner.now() + lease.as_secs();
        let wake_by = next_wake_by(self.wake_by, until);
        match self.attempt.lease.renew(until, wake_by).await {
            Ok(Written::Done) => {
                self.wake_by = wake_by.or(self.wake_by);
                self.lease.send_replace(asked + lease);
            }
            Ok(Written::Lost) => return Err(AttemptError::NotOwner),
            Err(error) => {
                log_failure(&error);
                if !self.leased() {
                    return Err(AttemptError::LeaseExpired(error));
                }
            }
        }
        Ok(())
    }

    /// Keeps the message invisible to other workers.
    pub(crate) async fn extend_visibility(&self) {
        let Attempt {
            delivery, runner, ..
        } = self.attempt;
        delivery.extend_visibility(runner.settings.visibility).await;
    }

    async fn store_gone_since(&self, since: Option<u64>) -> Result<(), AttemptError> {
        self.persist(async || self.attempt.lease.set_gone_since(since).await)
            .await
    }

    async fn store(
        &mut self,
        messages: &[Message],
        events: Option<&EventBatch>,
        frame: Option<&RunFrame>,
    ) -> Result<(), AttemptError> {
        let commit = self.commit(messages, events, frame);
        self.persist(async || self.attempt.lease.commit(&commit).await)
            .await?;
        self.usage = commit.usage;
        self.last_reply = reply_tokens(messages).or(self.last_reply);
        self.logged = commit.events.map_or(self.logged, |events| events.last);
        self.tip = commit.tip().or(self.tip);
        self.steered = commit.steered;
        self.frame = frame.cloned().or(self.frame.take());
        self.next_number += completed(messages).count() as u64;
        let calling = messages.last().is_some_and(|message| message.calling);
        self.calling = self.tip.filter(|_| calling);
        Ok(())
    }

    fn commit<'c>(
        &self,
        messages: &'c [Message],
        events: Option<&'c EventBatch>,
        frame: Option<&'c RunFrame>,
    ) -> Commit<'c> {
        let settings = &self.attempt.runner.settings;
        let now = self.attempt.runner.now();
        Commit {
            messages: (self.next_number..).zip(messages).collect(),
            replaces: self.calling,
            frame,
            reserved_id: self.attempt.reserved_id(messages),
            events: events.filter(|events| !events.is_empty()),
            // Events outlive the run, however long it takes.
            events_ttl: now + settings.life.run_limit.as_secs() + settings.replay.as_secs(),
            usage: self.usage_with(messages),
            steered: self.steered_with(messages),
        }
    }
}

/// Messages without those marked as calling, which are stored once more under the same number, and counted then.
fn completed(messages: &[Message]) -> impl Iterator<Item = &Message> {
    messages.iter().filter(|message| !message.calling)
}

/// Estimated tokens of messages, if a reply of the model is among them.
fn reply_tokens(messages: &[Message]) -> Option<u64> {
    let replied = messages.iter().any(|message| message.usage.is_some());
    replied.then(|| message_tokens(messages))
}

/// Settles the model call of a step, whose reply is among `messages`.
async fn settle(attempt: &Attempt<'_>, step: u32, messages: &[Message]) {
    let usage = messages.iter().find_map(|message| message.usage);
    if let (Some(account), Some(usage)) = (&attempt.account, usage) {
        account.settle(step, Spent::Usage(usage)).await;
    }
}
