//! Configuration of the function.

use longwire_core::rooms::Rooms;
use longwire_lambda::env::{BadEnv, converted, required};

/// Configuration of the function; docs/settings.md describes each variable.
pub(crate) struct Config {
    /// `CONNECTIONS_TABLE`.
    pub connections_table: String,
    /// `USERS_TABLE`.
    pub users_table: String,
    /// `CALLBACK_ENDPOINT`: the HTTPS address of the stage.
    pub callback_endpoint: String,
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
            callback_endpoint: required("CALLBACK_ENDPOINT")?,
            push_queue_url: required("PUSH_QUEUE_URL")?,
            rooms: converted("ROOMS")?.unwrap_or_default(),
        })
    }
}
