//! Configuration of the worker.

use std::time::Duration;

use anyhow::{Context, Result};
use longwire_adapters::bedrock::settings::IDLE;
use longwire_lambda::env::{converted, optional, required, seconds};
use longwire_runner::settings::Settings;
use longwire_tools::once::Once;
use serde_json::Value;

use crate::settings;

/// Configuration of the worker. docs/settings.md lists every variable.
pub(crate) struct Config {
    /// `CONNECTIONS_TABLE`.
    pub connections_table: String,
    /// `THREADS_TABLE`.
    pub threads_table: String,
    /// `QUEUE_URL`.
    pub queue_url: String,
    /// `DEAD_LETTER_URL`: the queue for the jobs of runs that were given up.
    pub dead_letter_url: String,
    /// `CALLBACK_ENDPOINT`: the HTTPS address of the stage.
    pub callback_endpoint: String,
    /// `KNOWLEDGE_BASE_ID`: without it `kb_lookup` is not offered.
    pub knowledge_base: Option<String>,
    /// `WEATHER_GEOCODING_URL` and `WEATHER_FORECAST_URL`: those of Open-Meteo unless set.
    pub weather_urls: (Option<String>, Option<String>),
    /// `TOOLS_ONCE`: tools whose calls must not be repeated, beside those that declare it themselves.
    pub once: Once,
    /// `TEMPERATURE` and `TOP_P`: the defaults of the model unless set.
    pub sampling: (Option<f32>, Option<f32>),
    /// `MODEL_FIELDS`: more fields of the model request, such as `{"thinking":{"type":"adaptive"}}`; a JSON object.
    pub model_fields: Option<Value>,
    /// `MODEL_IDLE_SECONDS`: longest silence of the model.
    pub model_idle: Duration,
    /// Settings of the runner.
    pub settings: Settings,
}

impl Config {
    /// Reads the environment. An error names the variable that is missing or invalid.
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
