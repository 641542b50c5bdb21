//! Configuration of the function.

use longwire_lambda::env::{BadEnv, required};

/// Configuration of the function; docs/settings.md describes each variable.
pub(crate) struct Config {
    /// `CONNECTIONS_TABLE`.
    pub connections_table: String,
    /// `THREADS_TABLE`.
    pub threads_table: String,
    /// `REPLAY_QUEUE_URL`.
    pub replay_queue_url: String,
    /// `CALLBACK_ENDPOINT`: the HTTPS address of the stage.
    pub callback_endpoint: String,
}

impl Config {
    /// Reads the environment.
    pub(crate) fn from_env() -> Result<Self, BadEnv> {
        Ok(Self {
            connections_table: required("CONNECTIONS_TABLE")?,
            threads_table: required("THREADS_TABLE")?,
            replay_queue_url: required("REPLAY_QUEUE_URL")?,
            callback_endpoint: required("CALLBACK_ENDPOINT")?,
        })
    }
}
