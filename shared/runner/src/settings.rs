//! Settings of a deployment for its runs.

use std::time::Duration;

use longwire_agent::ctx::Limits;
use longwire_store::threads::life::ThreadLife;
use longwire_stream::settings::Settings as StreamSettings;

/// Settings of a deployment for its runs; docs/settings.md lists the variables behind them.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Model id, as usage on the wire names it.
    pub model_id: String,
    /// Limits of the agent loop.
    pub limits: Limits,
    /// Settings of the event stream.
    pub stream: StreamSettings,
    /// Duration of a lease, which is renewed after a third of it.
    pub lease: Duration,
    /// Visibility timeout of the message after each renewal.
    pub visibility: Duration,
    /// Interval of the control poll.
    pub poll: Duration,
    /// Pause between two attempts of a write while the table fails.
    pub store_pause: Duration,
    /// Time for which the events of a run can be replayed after they were stored.
    pub replay: Duration,
    /// Time for which a thread waits for answers to calls.
    pub answer_time: Duration,
    /// Lifetime of threads.
    pub life: ThreadLife,
}

impl Settings {
    /// Interval of lease renewals.
    pub(crate) fn renew_every(&self) -> Duration {
        self.lease / 3
    }

    /// Number of stored messages to load: the context window, and the steps of a run that another worker began.
    pub(crate) fn history_limit(&self) -> i32 {
        let steps = 2 * self.limits.max_steps as usize + 1;
        let messages = self.limits.window.messages.saturating_add(steps);
        i32::try_from(messages).unwrap_or(i32::MAX)
    }
}
