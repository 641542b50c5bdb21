//! Configuration of the function.

use longwire_lambda::env::{BadEnv, required};

/// Configuration of the function; docs/settings.md describes each variable.
pub(crate) struct Config {
    /// `CONNECTIONS_TABLE`.
    pub connections_table: String,
    /// `USERS_TABLE`.
    pub users_table: String,
    /// `CALLBACK_ENDPOINT`: the HTTPS address of the stage.
    pub callback_endpoint: String,
}

impl Config {
    /// Reads the environment.
    pub(crate) fn from_env() -> Result<Self, BadEnv> {
        Ok(Self {
            connections_table: required("CONNECTIONS_TABLE")?,
            users_table: required("USERS_TABLE")?,
            callback_endpoint: required("CALLBACK_ENDPOINT")?,
        })
    }
}
