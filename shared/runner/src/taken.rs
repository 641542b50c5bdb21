//! A run that was just taken, and what follows from that alone.

use longwire_agent::context_window::Window;
use longwire_agent::ctx::Limits;
use longwire_core::message::{Message, Role};
use longwire_core::run::RunRow;
use longwire_store::threads::claim::Claim;
use longwire_store::threads::lease::RunLease;
use longwire_store::threads::messages::StoredMessage;
use tokio::time::Instant;

use crate::deadlines::Time;
use crate::delivery::Delivery;
use crate::deps::Deps;
use crate::load::Start;

/// A run as its worker found it.
pub struct Found {
    /// Its row, under this worker's epoch.
    pub row: RunRow,
    /// How it came to this worker.
    pub came: Claim,
    /// When the lease that was just taken ends.
    pub lease: Instant,
}

/// A run that was just taken.
pub struct Taken<'a> {
    /// How it was delivered.
    pub delivery: Delivery<'a>,
    /// As it was found.
    pub found: Found,
    /// What it starts from.
    pub start: Start,
    /// How long it may go on.
    pub time: Time,
}

impl Taken<'_> {
    /// This worker's right to write the run.
    pub fn fence(&self, deps: &Deps) -> RunLease {
        RunLease {
            born: self.start.born,
            ..self.delivery.fence(deps, self.found.row.epoch)
        }
    }

    /// The stored messages of this run: its prompt and what followed it. A run may have the name of one that
    /// was forgotten long ago; that one's messages begin with another prompt.
    fn stored(&self) -> &[StoredMessage] {
        let messages = &self.start.history.messages;
        let prompt = |stored: &StoredMessage| {
            stored.message.run_id == self.delivery.job.run_id
                && stored.message.id == self.start.input.message_id
        };
        messages
            .iter()
            .rposition(prompt)
            .map_or(&[], |at| &messages[at..])
    }

    /// The user's message, unless a worker before this one has stored it.
    pub fn unstored_prompt(&self) -> Option<Message> {
        let input = &self.start.input;
        let run_id = self.delivery.job.run_id.clone();
        let prompt = || Message::user(input.message_id.clone(), run_id, input.prompt.clone());
        let unstored = self.stored().is_empty() && !self.start.broken;
        unstored.then(prompt)
    }

    /// The step to begin with: after those that workers before this one have stored. One whose calls were
    /// being made is not over.
    pub fn first_step(&self) -> u32 {
        let steps = self
            .stored()
            .iter()
            .filter(|StoredMessage { message, .. }| {
                message.role == Role::Assistant && !message.calling
            })
            .count();
        u32::try_from(steps).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// The limits, knowing how much of the thread precedes what was loaded of it: the window is then cut at
    /// the same place from one request to the next.
    pub fn limits(&self, configured: Limits) -> Limits {
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
}
