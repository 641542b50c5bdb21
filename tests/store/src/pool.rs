//! The queue as a worker sees it. A standard queue may deliver late, twice and in any order, so the messages that
//! were really sent are kept here, and the test delivers them as it likes.

use longwire_core::job::Job;

/// All messages that were sent.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    messages: Vec<Message>,
}

/// A message.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// Its place among all of them.
    pub number: usize,
    /// What it says.
    pub job: Job,
    /// From when on it may come.
    ready: u64,
    /// A worker was done with it.
    done: bool,
}

impl Pool {
    /// A message was sent, to come at `ready` or later.
    pub(crate) fn send(&mut self, job: Job, ready: u64) {
        self.messages.push(Message {
            number: self.messages.len(),
            job,
            ready,
            done: false,
        });
    }

    /// A worker is done with a message.
    pub(crate) fn delete(&mut self, number: usize) {
        self.messages[number].done = true;
    }

    /// A message that may come now; with `old` also one that a worker was done with.
    pub(crate) fn choose(&self, choice: usize, now: u64, old: bool) -> Option<Message> {
        let may = |message: &&Message| message.ready <= now && (old || !message.done);
        let ready: Vec<_> = self.messages.iter().filter(may).collect();
        let chosen = ready.get(choice.checked_rem(ready.len())?)?;
        Some((*chosen).clone())
    }

    /// When the first message that is not done with may come.
    pub(crate) fn next(&self) -> Option<u64> {
        let waiting = self.messages.iter().filter(|message| !message.done);
        waiting.map(|message| message.ready).min()
    }
}
