//! How the worker works.

use std::time::Duration;

use longwire_agent::ctx::Limits;
use longwire_stream::settings::Settings as Sender;

/// How the worker works.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The system prompt.
    pub system_prompt: String,
    /// The model asked for, as usage names it.
    pub model_id: String,
    /// How far a run may go.
    pub limits: Limits,
    /// How lines become frames.
    pub sender: Sender,
    /// How long a worker's word holds. It is renewed three times as often.
    pub lease: Duration,
    /// How long the queue hides a message from other workers after each renewal.
    pub visibility: Duration,
    /// How long a run may take altogether, over all its workers.
    pub run: Duration,
    /// How often the control read is made.
    pub poll: Duration,
    /// How long a run's lines can be replayed after they were stored.
    pub replay: Duration,
    /// How long messages are kept after a thread's last use; `None`: for ever.
    pub thread_ttl: Option<Duration>,
}

impl Settings {
    /// How long connections that are slow are waited for: as long as they may be slow at all.
    pub fn patience(&self) -> Duration {
        self.sender.stuck_after + self.sender.post_timeout
    }

    /// How often the lease is renewed.
    pub fn renew_every(&self) -> Duration {
        self.lease / 3
    }

    /// How many stored messages are read: the window, and the steps of a run that another worker began.
    pub fn history_limit(&self) -> i32 {
        let steps = 2 * self.limits.max_steps as usize + 1;
        i32::try_from(self.limits.window.messages.saturating_add(steps)).unwrap_or(i32::MAX)
    }
}
