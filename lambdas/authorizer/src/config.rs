//! Configuration of the function.

use anyhow::Result;
use longwire_identity::mode::Mode;
use longwire_identity::settings::Settings;
use longwire_lambda::env::{optional, required, required_converted};

/// Configuration of the function; docs/settings.md describes each variable.
pub(crate) struct Config {
    /// `USERS_TABLE`.
    pub users_table: String,
    /// `AUTH`, and the variables that it needs.
    pub auth: AuthSettings,
}

/// Way in which the deployment identifies its users.
pub(crate) enum AuthSettings {
    /// No identification.
    None,
    /// Identification by a shared token, in the parameter of this name.
    Token(String),
    /// Identification by tokens of this issuer.
    Oidc(Settings),
}

impl Config {
    /// Reads the environment.
    pub(crate) fn from_env() -> Result<Self> {
        Ok(Self {
            users_table: required("USERS_TABLE")?,
            auth: AuthSettings::from_env()?,
        })
    }
}

impl AuthSettings {
    fn from_env() -> Result<Self> {
        Ok(match required_converted("AUTH")? {
            Mode::None => Self::None,
            Mode::Token => Self::Token(required("AUTH_TOKEN_PARAMETER")?),
            Mode::Oidc => Self::Oidc(Settings::new(
                &required("AUTH_ISSUER")?,
                &required("AUTH_AUDIENCE")?,
                optional("AUTH_GROUPS_CLAIM")?.as_deref(),
            )?),
        })
    }
}
