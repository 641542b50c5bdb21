//! Settings of the runner, read from the environment.

use std::time::Duration;

use longwire_agent::context_window::Window;
use longwire_agent::ctx::Limits;
use longwire_lambda::env::{BadEnv, hours_or_never, millis, parsed, required, seconds, within};
use longwire_runner::settings::Settings;
use longwire_store::threads::life::ThreadLife;
use longwire_stream::settings::Settings as StreamSettings;

/// Reads the environment. An error names the variable that is missing or invalid.
pub(crate) fn from_env() -> Result<Settings, BadEnv> {
    let lease = Duration::from_secs(within("LEASE_SECONDS", 45, 3..=900)?.into());
    Ok(Settings {
        model_id: required("MODEL_ID")?,
        limits: limits(lease)?,
        stream: stream(lease)?,
        lease,
        visibility: seconds("VISIBILITY_SECONDS", Duration::from_secs(60))?,
        poll: Duration::from_millis(500),
        store_pause: Duration::from_millis(500),
        replay: seconds("REPLAY_SECONDS", Duration::from_secs(3600))?,
        answer_time: Duration::from_secs(
            within("ANSWER_SECONDS", 24 * 3600, 60..=24 * 3600)?.into(),
        ),
        life: ThreadLife {
            ttl: hours_or_never("THREAD_TTL_HOURS", 24)?,
            run_limit: seconds("RUN_SECONDS", Duration::from_secs(2 * 3600))?,
        },
    })
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
        // A step is stored in one transaction: its answer as an item of at most 400 KB, with its events at most 4 MB.
        // An event may hold a single token and takes some 200 B.
        max_tokens: within("MAX_TOKENS", default.max_tokens, 1..=16_000)?,
        window: Window { messages, ..window },
        throttled_for: seconds("MODEL_THROTTLE_SECONDS", default.throttled_for)?,
        lease_margin: default.lease_margin.min(lease / 4),
        ..default
    })
}

fn stream(lease: Duration) -> Result<StreamSettings, BadEnv> {
    let default = StreamSettings::default();
    let interval = within("MIN_POST_INTERVAL_MS", 16, 0..=1000)?;
    Ok(StreamSettings {
        window: millis("FLUSH_WINDOW_MS", default.window)?,
        coalesce: parsed("COALESCE_DELTAS", default.coalesce, "true or false")?,
        min_post_interval: Duration::from_millis(interval.into()),
        // No post may outlive the lease it began under.
        post_timeout: default.post_timeout.min(lease / 4),
        ..default
    })
}
