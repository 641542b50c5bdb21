//! What the worker works with, built once.

use std::sync::Arc;
use std::time::Duration;

use shared::agent::ctx::Limits;
use shared::aws::connections::Connections;
use shared::aws::queue::Queue;
use shared::aws::threads::Threads;
use shared::model::Model;
use shared::sender::post::Post;
use shared::sender::settings::Settings as Sender;
use shared::tools::Tools;

/// What the worker works with.
pub(crate) struct Deps {
    /// Who answers.
    pub model: Arc<dyn Model>,
    /// What the model may call.
    pub tools: Tools,
    /// Conversations and runs.
    pub threads: Threads,
    /// Sockets.
    pub connections: Connections,
    /// Where jobs come from and go to.
    pub queue: Queue,
    /// Where the jobs of runs that were given up go.
    pub dead_letters: Queue,
    /// The way to a socket.
    pub post: Post,
    /// How it works.
    pub settings: Settings,
}

/// How the worker works.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
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
    /// How often the control read is made.
    pub poll: Duration,
    /// How long a run's lines can be replayed after they were stored.
    pub replay: Duration,
    /// How long messages are kept after a thread's last use; `None`: for ever.
    pub thread_ttl: Option<Duration>,
    /// How long a run's end waits for slow connections.
    pub drain: Duration,
}

impl Settings {
    /// How often the lease is renewed.
    pub(crate) fn renew_every(&self) -> Duration {
        self.lease / 3
    }

    /// How many stored messages are read: the window, and the steps of a run that another worker began.
    pub(crate) fn history_limit(&self) -> i32 {
        let steps = 2 * self.limits.max_steps as usize + 1;
        i32::try_from(self.limits.window.messages + steps).unwrap_or(i32::MAX)
    }
}
