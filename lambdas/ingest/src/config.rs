//! Configuration of the function.

use std::time::Duration;

use anyhow::Result;
use longwire_identity::mode::Mode;
use longwire_identity::settings as issuer;
use longwire_lambda::env::{
    BadEnv, converted, hours_or_never, optional, required, required_converted, seconds, within,
};
use longwire_store::connections::rate::Rate;
use longwire_store::threads::life::ThreadLife;

use crate::settings::Settings;

/// Configuration of the function, from the environment variables in docs/settings.md.
pub(crate) struct Config {
    /// `CONNECTIONS_TABLE`.
    pub connections_table: String,
    /// `THREADS_TABLE`.
    pub threads_table: String,
    /// `USERS_TABLE`.
    pub users_table: String,
    /// `AUTH_ISSUER`, `AUTH_AUDIENCE` and `AUTH_GROUPS_CLAIM`, where `AUTH` is `oidc`.
    pub issuer: Option<issuer::Settings>,
    /// `QUEUE_URL`.
    pub queue_url: String,
    /// `REPLAY_QUEUE_URL`.
    pub replay_queue_url: String,
    /// `PUSH_QUEUE_URL`.
    pub push_queue_url: String,
    /// `ON_GONE`, `THREAD_TTL_HOURS`, `RUN_SECONDS`, `REPLAY_SECONDS`, `MESSAGES_PER_SECOND`, `USER_LIMITS`,
    /// `THREADS_PER_CONNECTION` and `ROOMS`.
    pub settings: Settings,
}

impl Config {
    /// Reads the environment. An error names the variable that is missing or invalid.
    pub(crate) fn from_env() -> Result<Self> {
        Ok(Self {
            connections_table: required("CONNECTIONS_TABLE")?,
            threads_table: required("THREADS_TABLE")?,
            users_table: required("USERS_TABLE")?,
            issuer: issuer()?,
            queue_url: required("QUEUE_URL")?,
            replay_queue_url: required("REPLAY_QUEUE_URL")?,
            push_queue_url: required("PUSH_QUEUE_URL")?,
            settings: Settings {
                on_gone: converted("ON_GONE")?.unwrap_or_default(),
                life: thread_life()?,
                replay: seconds("REPLAY_SECONDS", Duration::from_secs(3600))?,
                rate: Rate {
                    per_second: within("MESSAGES_PER_SECOND", 5, 0..=1000)?,
                },
                limits: converted("USER_LIMITS")?.unwrap_or_default(),
                // One request reads the threads, and DynamoDB returns at most 100 items.
                active_threads: within("THREADS_PER_CONNECTION", 3, 0..=100)?,
                rooms: converted("ROOMS")?.unwrap_or_default(),
            },
        })
    }
}

fn issuer() -> Result<Option<issuer::Settings>> {
    Ok(match required_converted("AUTH")? {
        Mode::None | Mode::Token => None,
        Mode::Oidc => Some(issuer::Settings::new(
            &required("AUTH_ISSUER")?,
            &required("AUTH_AUDIENCE")?,
            optional("AUTH_GROUPS_CLAIM")?.as_deref(),
        )?),
    })
}

fn thread_life() -> Result<ThreadLife, BadEnv> {
    Ok(ThreadLife {
        ttl: hours_or_never("THREAD_TTL_HOURS", 24)?,
        run_limit: seconds("RUN_SECONDS", Duration::from_secs(2 * 3600))?,
    })
}
