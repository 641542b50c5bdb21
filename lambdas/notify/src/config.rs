//! Configuration of the function.

use longwire_lambda::env::{BadEnv, required};

/// Configuration of the function; docs/settings.md describes each variable.
pub(crate) struct Config {
    /// `THREADS_TABLE`.
    pub threads_table: String,
    /// `EVENT_BUS`: the name of the bus, which is that of the deployment.
    pub event_bus: String,
}

impl Config {
    /// Reads the environment.
    pub(crate) fn from_env() -> Result<Self, BadEnv> {
        Ok(Self {
            threads_table: required("THREADS_TABLE")?,
            event_bus: required("EVENT_BUS")?,
        })
    }
}
