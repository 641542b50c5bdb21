//! What the function is configured with.

use anyhow::Result;
use longwire_lambda::env::required;

/// What the function is configured with. Every variable is in docs/settings.md.
pub(crate) struct Config {
    /// `CONNECTIONS_TABLE`.
    pub connections_table: String,
}

impl Config {
    /// Reads the environment, or says which variable is no good.
    pub(crate) fn from_env() -> Result<Self> {
        Ok(Self {
            connections_table: required("CONNECTIONS_TABLE")?,
        })
    }
}
