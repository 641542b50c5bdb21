//! What the function is configured with.

use anyhow::Result;
use longwire_lambda::env::required;

/// What the function is configured with. Every variable is in docs/settings.md.
pub(crate) struct Config {
    /// `THREADS_TABLE`.
    pub threads_table: String,
    /// `QUEUE_URL`.
    pub queue_url: String,
}

impl Config {
    /// Reads the environment, or says which variable is no good.
    pub(crate) fn from_env() -> Result<Self> {
        Ok(Self {
            threads_table: required("THREADS_TABLE")?,
            queue_url: required("QUEUE_URL")?,
        })
    }
}
