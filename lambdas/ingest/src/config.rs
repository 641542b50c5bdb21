//! Configuration of the function.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use longwire_core::limits::LimitPolicy;
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
                limits: limits()?,
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

fn limits() -> Result<LimitPolicy> {
    let Some(json) = optional("USER_LIMITS")? else {
        return Ok(LimitPolicy::default());
    };
    policy(&json).context("USER_LIMITS")
}

/// Parses the limits of users. A name that is not known is refused: a limit with a misspelt name would limit nothing.
fn policy(json: &str) -> Result<LimitPolicy> {
    let mut unknown = None;
    let mut json = serde_json::Deserializer::from_str(json);
    let policy: LimitPolicy =
        serde_ignored::deserialize(&mut json, |path| unknown = Some(path.to_string()))?;
    json.end()?;
    if let Some(path) = unknown {
        bail!("`{path}` is not known");
    }
    if let Some(limit) = policy.out_of_range() {
        bail!(
            "`{limit}` is out of range: `threads` must be 1 to 100, every other limit at least 1"
        );
    }
    Ok(policy)
}

fn thread_life() -> Result<ThreadLife, BadEnv> {
    Ok(ThreadLife {
        ttl: hours_or_never("THREAD_TTL_HOURS", 24)?,
        run_limit: seconds("RUN_SECONDS", Duration::from_secs(2 * 3600))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_limits_says_what_is_wrong() {
        for (json, expected) in [
            (
                r#"{"default":{"tokensPerDays":1}}"#,
                "`default.tokensPerDays` is not known",
            ),
            (
                r#"{"groups":{"staff":{"tokens":1}}}"#,
                "`groups.staff.tokens` is not known",
            ),
            (r#"{"group":{}}"#, "`group` is not known"),
            (
                r#"{"default":{"threads":101}}"#,
                "`threads` is out of range: `threads` must be 1 to 100, every other limit at least 1",
            ),
            (r#"{} {}"#, "trailing characters at line 1 column 4"),
        ] {
            let error = policy(json).expect_err(json);
            assert_eq!(error.to_string(), expected, "{json}");
        }
        assert!(policy(r#"{"groups":{"staff":{"promptsPerDay":1}}}"#).is_ok());
    }
}
