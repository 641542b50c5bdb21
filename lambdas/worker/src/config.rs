//! Configuration of the worker.

use anyhow::Result;
use longwire_adapters::bedrock::settings::Settings as ModelSettings;
use longwire_lambda::env::{converted, optional, required};
use longwire_runner::settings::Settings;
use longwire_tools::approval::ApprovalRules;
use longwire_tools::once::Once;

use crate::system_prompt::SystemPrompt;
use crate::{model, settings};

/// Configuration of the worker. docs/settings.md lists every variable.
pub(crate) struct Config {
    /// `CONNECTIONS_TABLE`.
    pub connections_table: String,
    /// `THREADS_TABLE`.
    pub threads_table: String,
    /// `USERS_TABLE`.
    pub users_table: String,
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
    /// `APPROVALS`: calls that people approve, in place of what the tools declare.
    pub approvals: ApprovalRules,
    /// `SYSTEM_PROMPT`, or the parameter that `SYSTEM_PROMPT_PARAMETER` names.
    pub system_prompt: SystemPrompt,
    /// Settings of the model: `MODEL_ID`, `MODEL_FAMILY`, `TEMPERATURE`, `TOP_P`, `MODEL_FIELDS`,
    /// `MODEL_IDLE_SECONDS`.
    pub model: ModelSettings,
    /// Settings of the runner.
    pub settings: Settings,
}

impl Config {
    /// Reads the environment. An error names the variable that is missing or invalid.
    pub(crate) fn from_env() -> Result<Self> {
        let settings = settings::from_env()?;
        Ok(Self {
            connections_table: required("CONNECTIONS_TABLE")?,
            threads_table: required("THREADS_TABLE")?,
            users_table: required("USERS_TABLE")?,
            queue_url: required("QUEUE_URL")?,
            dead_letter_url: required("DEAD_LETTER_URL")?,
            callback_endpoint: required("CALLBACK_ENDPOINT")?,
            knowledge_base: optional("KNOWLEDGE_BASE_ID")?,
            weather_urls: (
                optional("WEATHER_GEOCODING_URL")?,
                optional("WEATHER_FORECAST_URL")?,
            ),
            once: converted("TOOLS_ONCE")?.unwrap_or_default(),
            approvals: converted("APPROVALS")?.unwrap_or_default(),
            system_prompt: SystemPrompt::from_env()?,
            model: model::from_env(&settings.model_id, settings.limits.max_tokens)?,
            settings,
        })
    }
}
