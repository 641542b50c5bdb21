//! Configuration of the function, and its clients.

use anyhow::Result;
use longwire_core::clock::Clock;
use longwire_identity::mode::Mode;
use longwire_identity::settings::Settings;
use longwire_identity::verifier::Verifier;
use longwire_lambda::env::{BadEnv, converted, optional, required};
use longwire_lambda::sdk::{self, CallTimeouts};
use longwire_lambda::warm_up::warm_up;
use longwire_store::users::Users;

use crate::auth::Auth;
use crate::handler::Deps;
use crate::shared_token::SharedToken;

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

    /// Builds and connects the clients.
    pub(crate) async fn connect(self) -> Result<Deps> {
        let sdk = sdk::load_with(CallTimeouts::SHORT);
        let auth = match self.auth {
            AuthSettings::None => Auth::None,
            AuthSettings::Token(parameter) => {
                let client = aws_sdk_ssm::Client::new(&sdk);
                Auth::Token(SharedToken::new(client, parameter))
            }
            AuthSettings::Oidc(settings) => Auth::Oidc(Verifier::new(settings)?),
        };
        let users = Users::new(aws_sdk_dynamodb::Client::new(&sdk), self.users_table);
        warm_up(async { tokio::join!(auth.warm_up(), users.warm_up_redeem()) }).await;
        Ok(Deps {
            auth,
            users,
            clock: Clock::system(),
        })
    }
}

impl AuthSettings {
    fn from_env() -> Result<Self> {
        let mode = converted("AUTH")?.ok_or_else(|| BadEnv::Missing("AUTH".to_owned()))?;
        Ok(match mode {
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
