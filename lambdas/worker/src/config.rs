//! What the worker is configured with.

use std::time::Duration;

use anyhow::{Context, Result};
use longwire_adapters::bedrock::settings::IDLE;
use longwire_lambda::env::{converted, optional, required, seconds};
use longwire_tools::once::Once;
use serde_json::Value;

use longwire_runner::settings::Settings;

use crate::settings;

/// What the worker is configured with. Every variable is in docs/settings.md.
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
    /// `TOOLS_ONCE`: tools whose calls must not be repeated, beside those that say so themselves.
    pub once: Once,
    /// `TEMPERATURE` and `TOP_P`: the model's own defaults unless set.
    pub sampling: (Option<f32>, Option<f32>),
    /// `MODEL_FIELDS`: what else the model takes, such as `{"thinking":{"type":"adaptive"}}`; a JSON object.
    pub model_fields: Option<Value>,
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
            once: converted("TOOLS_ONCE")?.unwrap_or_default(),
            sampling: (number("TEMPERATURE")?, number("TOP_P")?),
            model_fields: fields(optional("MODEL_FIELDS")?)?,
            model_idle: seconds("MODEL_IDLE_SECONDS", IDLE)?,
            settings: settings::from_env()?,
        })
    }
}

fn fields(text: Option<String>) -> Result<Option<Value>> {
    let parse = |text: String| serde_json::from_str(&text).ok().filter(Value::is_object);
    let parse = |text| parse(text).context("MODEL_FIELDS must be a JSON object");
    text.map(parse).transpose()
}

fn number(name: &str) -> Result<Option<f32>> {
    let parse = |text: String| {
        text.parse()
            .map_err(|_| anyhow::anyhow!("{name} must be a number"))
    };
    optional(name)?.map(parse).transpose()
}
