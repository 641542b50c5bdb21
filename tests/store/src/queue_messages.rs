//! Messages of the queue. A standard queue delivers late, more than once and in any order, so the case keeps a copy of
//! every sent message and chooses the deliveries itself.

use longwire_core::job::Job;

/// All messages sent to the queue.
#[derive(Debug, Default)]
pub(crate) struct QueueMessages {
    messages: Vec<QueueMessage>,
}

/// Message of the queue.
#[derive(Debug, Clone)]
pub(crate) struct QueueMessage {
    /// Position among all messages, in the order in which they were sent.
    pub number: usize,
    /// Body of the message.
    pub job: Job,
    /// Number of deliveries, the latest one included.
    pub receives: u32,
    /// Earliest delivery, in seconds since 1970.
    visible_at: u64,
    deleted: bool,
}

impl QueueMessages {
    /// Adds a message that is visible from `visible_at` on, in seconds since 1970.
    pub(crate) fn send(&mut self, job: Job, visible_at: u64) {
        self.messages.push(QueueMessage {
            number: self.messages.len(),
            job,
            receives: 0,
            visible_at,
            deleted: false,
        });
    }

    /// Deletes a message.
    pub(crate) fn delete(&mut self, number: usize) {
        self.messages[number].deleted = true;
    }

    /// Chooses one of the messages that are visible at `now`, and counts its delivery. With `redelivery` it may be a
    /// deleted one, because a deletion may come too late for a standard queue.
    pub(crate) fn choose(
        &mut self,
        choice: usize,
        now: u64,
        redelivery: bool,
    ) -> Option<QueueMessage> {
        let is_candidate = |message: &&mut QueueMessage| {
            message.visible_at <= now && (redelivery || !message.deleted)
        };
        let mut candidates: Vec<_> = self.messages.iter_mut().filter(is_candidate).collect();
        let position = choice.checked_rem(candidates.len())?;
        let chosen = candidates.swap_remove(position);
        chosen.receives += 1;
        Some(chosen.clone())
    }

    /// Time at which the first message that is not deleted becomes visible, in seconds since 1970.
    pub(crate) fn next_visible_at(&self) -> Option<u64> {
        let remaining = self.messages.iter().filter(|message| !message.deleted);
        remaining.map(|message| message.visible_at).min()
    }
}
