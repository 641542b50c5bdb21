//! How the worker works.

use std::time::Duration;

use shared::agent::ctx::Limits;
use shared::env::{BadEnv, hours_or_never, millis, optional, parsed, required, seconds, within};
use shared::history::Window;
use shared::sender::settings::Settings as Sender;

/// What the worker is told unless the deployment says otherwise.
const SYSTEM_PROMPT: &str =
    "You are a helpful assistant. Use the tools you are given when they help.";

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
    /// Reads the environment, or says which variable is no good.
    pub(crate) fn from_env() -> Result<Self, BadEnv> {
        let lease = Duration::from_secs(within("LEASE_SECONDS", 45, 3..=900)?.into());
        Ok(Self {
            system_prompt: optional("SYSTEM_PROMPT")?.unwrap_or_else(|| SYSTEM_PROMPT.to_owned()),
            model_id: required("MODEL_ID")?,
            limits: limits(lease)?,
            sender: sender(lease)?,
            lease,
            visibility: seconds("VISIBILITY_SECONDS", Duration::from_secs(60))?,
            run: seconds("RUN_SECONDS", Duration::from_secs(2 * 3600))?,
            poll: Duration::from_millis(500),
            replay: seconds("REPLAY_SECONDS", Duration::from_secs(3600))?,
            thread_ttl: hours_or_never("THREAD_TTL_HOURS", 24)?,
        })
    }

    /// How long connections that are slow are waited for: as long as they may be slow at all.
    pub(crate) fn patience(&self) -> Duration {
        self.sender.stuck_after + self.sender.post_timeout
    }

    /// How often the lease is renewed.
    pub(crate) fn renew_every(&self) -> Duration {
        self.lease / 3
    }

    /// How many stored messages are read: the window, and the steps of a run that another worker began.
    pub(crate) fn history_limit(&self) -> i32 {
        let steps = 2 * self.limits.max_steps as usize + 1;
        i32::try_from(self.limits.window.messages.saturating_add(steps)).unwrap_or(i32::MAX)
    }
}

fn limits(lease: Duration) -> Result<Limits, BadEnv> {
    let default = Limits::default();
    let window = default.window;
    let messages = parsed(
        "HISTORY_MESSAGES",
        window.messages,
        "a whole number of messages",
    )?;
    Ok(Limits {
        max_steps: within("MAX_STEPS", default.max_steps, 1..=100)?,
        // A step is stored at once: its answer as an item of at most 400 KB, with its lines at most 4 MB; a line may be
        // one token long and weighs some 200 B.
        max_tokens: within("MAX_TOKENS", default.max_tokens, 1..=16_000)?,
        window: Window { messages, ..window },
        lease_margin: default.lease_margin.min(lease / 4),
        ..default
    })
}

fn sender(lease: Duration) -> Result<Sender, BadEnv> {
    let default = Sender::default();
    Ok(Sender {
        window: millis("FLUSH_WINDOW_MS", default.window)?,
        // No post may outlive the lease it began under.
        post_timeout: default.post_timeout.min(lease / 4),
        ..default
    })
}
