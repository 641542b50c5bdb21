//! What the worker is configured with.

use std::time::Duration;

use anyhow::Result;
use shared::agent::ctx::Limits;
use shared::env::{hours_or_never, millis, optional, parsed, required, seconds};
use shared::history::Window;
use shared::sender::settings::Settings as Sender;

use crate::deps::Settings;

/// What the worker is told unless the deployment says otherwise.
const SYSTEM_PROMPT: &str =
    "You are a helpful assistant. Use the tools you are given when they help.";

/// What the worker is configured with. Every variable is in docs/operations.md.
pub(crate) struct Config {
    /// `CONNECTIONS_TABLE`.
    pub connections_table: String,
    /// `THREADS_TABLE`.
    pub threads_table: String,
    /// `QUEUE_URL`.
    pub queue_url: String,
    /// `DEAD_LETTER_URL`: where the jobs of runs that were given up go.
    pub dead_letter_url: String,
    /// `CALLBACK_ENDPOINT`: the stage's HTTPS address.
    pub callback_endpoint: String,
    /// `KNOWLEDGE_BASE_ID`: without it there is no `kb_lookup`.
    pub knowledge_base: Option<String>,
    /// `WEATHER_GEOCODING_URL` and `WEATHER_FORECAST_URL`: Open-Meteo's unless set.
    pub weather_urls: (Option<String>, Option<String>),
    /// `TEMPERATURE` and `TOP_P`: the model's own defaults unless set.
    pub sampling: (Option<f32>, Option<f32>),
    /// `MODEL_IDLE_SECONDS`: how long the model may be silent.
    pub model_idle: Duration,
    /// Everything the worker's own code is told.
    pub settings: Settings,
}

impl Config {
    /// Reads the environment, or says which variable is no good.
    pub(crate) fn from_env() -> Result<Self> {
        Ok(Self {
            connections_table: required("CONNECTIONS_TABLE")?,
            threads_table: required("THREADS_TABLE")?,
            queue_url: required("QUEUE_URL")?,
            dead_letter_url: required("DEAD_LETTER_URL")?,
            callback_endpoint: required("CALLBACK_ENDPOINT")?,
            knowledge_base: optional("KNOWLEDGE_BASE_ID")?,
            weather_urls: (
                optional("WEATHER_GEOCODING_URL")?,
                optional("WEATHER_FORECAST_URL")?,
            ),
            sampling: (number("TEMPERATURE")?, number("TOP_P")?),
            model_idle: seconds("MODEL_IDLE_SECONDS", Duration::from_secs(180))?,
            settings: settings()?,
        })
    }
}

fn settings() -> Result<Settings> {
    let lease = seconds("LEASE_SECONDS", Duration::from_secs(45))?;
    let limits = Limits {
        max_steps: parsed("MAX_STEPS", 10, "a whole number of model calls")?,
        max_tokens: parsed("MAX_TOKENS", 4096, "a whole number of tokens")?,
        window: Window {
            messages: parsed("HISTORY_MESSAGES", 20, "a whole number of messages")?,
            ..Window::default()
        },
        attempts: 4,
        backoff: Duration::from_secs(1),
        lease_margin: Duration::from_secs(5).min(lease / 4),
    };
    let sender = Sender {
        window: millis("FLUSH_WINDOW_MS", Duration::from_millis(33))?,
        ..Sender::default()
    };
    Ok(Settings {
        system_prompt: optional("SYSTEM_PROMPT")?.unwrap_or_else(|| SYSTEM_PROMPT.to_owned()),
        model_id: required("MODEL_ID")?,
        limits,
        sender,
        lease,
        visibility: seconds("VISIBILITY_SECONDS", Duration::from_secs(60))?,
        poll: Duration::from_millis(500),
        replay: seconds("REPLAY_SECONDS", Duration::from_secs(3600))?,
        thread_ttl: hours_or_never("THREAD_TTL_HOURS", 24)?,
        drain: Duration::from_secs(10),
    })
}

fn number(name: &str) -> Result<Option<f32>> {
    let parse = |text: String| {
        text.parse()
            .map_err(|_| anyhow::anyhow!("{name} must be a number"))
    };
    optional(name)?.map(parse).transpose()
}
