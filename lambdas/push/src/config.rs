//! Configuration of the function.

use std::time::Duration;

use longwire_core::rooms::Rooms;
use longwire_lambda::env::{
    BadEnv, converted, hours_or_never, required, required_converted, seconds,
};
use longwire_store::threads::life::ThreadLife;

use crate::settings::Settings;

/// Configuration of the function; docs/settings.md describes each variable.
pub(crate) struct Config {
    /// `CONNECTIONS_TABLE`.
    pub connections_table: String,
    /// `USERS_TABLE`.
    pub users_table: String,
    /// `THREADS_TABLE`.
    pub threads_table: String,
    /// `QUEUE_URL`.
    pub queue_url: String,
    /// `CALLBACK_ENDPOINT`: the HTTPS address of the stage.
    pub callback_endpoint: String,
    /// `AUTH`, `PROMPT_SOURCES`, `USER_LIMITS`, `THREAD_TTL_HOURS` and `RUN_SECONDS`.
    pub settings: Settings,
    /// `PUSH_QUEUE_URL`: the queue of the function itself, for the parts of a broadcast.
    pub push_queue_url: String,
    /// `ROOMS`.
    pub rooms: Rooms,
}

impl Config {
    /// Reads the environment.
    pub(crate) fn from_env() -> Result<Self, BadEnv> {
        Ok(Self {
            connections_table: required("CONNECTIONS_TABLE")?,
            users_table: required("USERS_TABLE")?,
            threads_table: required("THREADS_TABLE")?,
            queue_url: required("QUEUE_URL")?,
            settings: Settings {
                auth: required_converted("AUTH")?,
                prompt_sources: converted("PROMPT_SOURCES")?.unwrap_or_default(),
                limits: converted("USER_LIMITS")?.unwrap_or_default(),
                life: ThreadLife {
                    ttl: hours_or_never("THREAD_TTL_HOURS", 24)?,
                    run_limit: seconds("RUN_SECONDS", Duration::from_secs(2 * 3600))?,
                },
            },
            callback_endpoint: required("CALLBACK_ENDPOINT")?,
            push_queue_url: required("PUSH_QUEUE_URL")?,
            rooms: converted("ROOMS")?.unwrap_or_default(),
        })
    }
}
