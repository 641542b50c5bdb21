//! A run that was just taken, and what follows from that alone.

use std::time::{Duration, SystemTime};

use shared::agent::ctx::Limits;
use shared::aws::threads::fence::Fence;
use shared::aws::threads::messages::Stored;
use shared::aws::threads::take::Came;
use shared::history::Window;
use shared::message::{Message, Role};
use shared::run::RunRow;
use shared::sender::settings::Settings;
use tokio::time::Instant;

use crate::delivery::Delivery;
use crate::deps::Deps;
use crate::load::Start;

/// The most of an invocation's time that is kept back to end its run decently; an eighth, when that is less.
const MARGIN: Duration = Duration::from_secs(30);

/// What is left of an invocation when it must be over.
const LAST_SECONDS: Duration = Duration::from_secs(2);

/// A run as its worker found it.
pub(crate) struct Found {
    /// Its row, under this worker's epoch.
    pub row: RunRow,
    /// How it came to this worker.
    pub came: Came,
    /// When the lease that was just taken ends.
    pub lease: Instant,
}

/// A run that was just taken.
pub(crate) struct Taken<'a> {
    /// How it was delivered.
    pub delivery: Delivery<'a>,
    /// As it was found.
    pub found: Found,
    /// What it starts from.
    pub start: Start,
}

impl Taken<'_> {
    /// This worker's right to write the run.
    pub(crate) fn fence(&self, deps: &Deps) -> Fence {
        Fence {
            born: self.start.born,
            ..self.delivery.fence(deps, self.found.row.epoch)
        }
    }

    /// The stored messages of this run: its prompt and what followed it. A run may have the name of one that
    /// was forgotten long ago; that one's messages begin with another prompt.
    fn stored(&self) -> &[Stored] {
        let messages = &self.start.history.messages;
        let prompt = |stored: &Stored| {
            stored.message.run_id == self.delivery.job.run_id
                && stored.message.id == self.start.input.message_id
        };
        messages
            .iter()
            .rposition(prompt)
            .map_or(&[], |at| &messages[at..])
    }

    /// The user's message, unless a worker before this one has stored it.
    pub(crate) fn unstored_prompt(&self) -> Option<Message> {
        let input = &self.start.input;
        let run_id = self.delivery.job.run_id.clone();
        let prompt = || Message::user(input.message_id.clone(), run_id, input.prompt.clone());
        self.stored().is_empty().then(prompt)
    }

    /// The step to begin with: after those that workers before this one have stored.
    pub(crate) fn first_step(&self) -> u32 {
        let steps = self
            .stored()
            .iter()
            .filter(|stored| stored.message.role == Role::Assistant)
            .count();
        u32::try_from(steps).unwrap_or(u32::MAX).saturating_add(1)
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

    /// How long the end may wait for connections that are slow: as long as they may be slow at all, and no
    /// longer than the invocation lives.
    pub(crate) fn time_to_drain(&self, sender: &Settings) -> Duration {
        let left = self
            .delivery
            .deadline
            .duration_since(SystemTime::now())
            .unwrap_or_default();
        let patience = sender.stuck_after + sender.post_timeout;
        patience.min(left.saturating_sub(LAST_SECONDS))
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
