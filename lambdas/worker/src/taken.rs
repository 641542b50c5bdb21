//! A run that was just taken, and what follows from that alone.

use std::time::{Duration, SystemTime};

use shared::agent::ctx::Limits;
use shared::aws::threads::fence::Fence;
use shared::history::Window;
use shared::message::Message;
use shared::run::{RunInput, RunRow};
use tokio::time::Instant;

use crate::delivery::Delivery;
use crate::deps::Deps;
use crate::load::Start;

/// The most of an invocation's time that is kept back to end its run decently; an eighth, when that is less.
const MARGIN: Duration = Duration::from_secs(30);

/// A run that was just taken.
pub(crate) struct Taken<'a> {
    /// How it was delivered.
    pub delivery: Delivery<'a>,
    /// Its row, under this worker's epoch.
    pub row: RunRow,
    /// What it starts from.
    pub start: Start,
    /// What it was started with.
    pub input: RunInput,
    /// When the lease that was just taken ends.
    pub lease: Instant,
}

impl Taken<'_> {
    /// This worker's right to write the run.
    pub(crate) fn fence(&self, deps: &Deps) -> Fence {
        Fence {
            threads: deps.threads.clone(),
            key: self.delivery.key(),
            run_id: self.delivery.job.run_id.clone(),
            epoch: self.row.epoch,
            born: self.start.born,
        }
    }

    /// The user's message, unless a worker before this one has stored it.
    pub(crate) fn unstored_prompt(&self) -> Option<Message> {
        let run_id = &self.delivery.job.run_id;
        let stored = self
            .start
            .history
            .messages
            .iter()
            .any(|stored| stored.message.run_id == *run_id);
        (!stored).then(|| {
            Message::user(
                self.input.message_id.clone(),
                run_id.clone(),
                self.input.prompt.clone(),
            )
        })
    }

    /// The limits, knowing how much of the thread precedes what was loaded of it: the window is then cut at
    /// the same place from one request to the next.
    pub(crate) fn limits(&self, configured: Limits) -> Limits {
        let first = self
            .start
            .history
            .messages
            .first()
            .map_or(1, |stored| stored.number);
        let before = usize::try_from(first.saturating_sub(1)).unwrap_or(usize::MAX);
        Limits {
            window: Window {
                before,
                ..configured.window
            },
            ..configured
        }
    }

    /// When the run must stop for want of time.
    pub(crate) fn deadline(&self) -> Instant {
        let left = self
            .delivery
            .deadline
            .duration_since(SystemTime::now())
            .unwrap_or_default();
        Instant::now() + left.saturating_sub(MARGIN.min(left / 8))
    }
}
