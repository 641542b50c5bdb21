//! Dependencies of the function, built once.

use anyhow::Result;
use longwire_core::clock::Clock;
use longwire_identity::verifier::Verifier;
use longwire_lambda::sdk::{self, CallTimeouts};
use longwire_lambda::warm_up::warm_up;
use longwire_store::users::Users;

use crate::auth::Auth;
use crate::config::{AuthSettings, Config};
use crate::shared_token::SharedToken;

/// Dependencies of the function.
#[derive(Debug)]
pub(crate) struct Deps {
    /// Way in which the deployment identifies its users.
    pub auth: Auth,
    /// Table of users, with the tickets.
    pub users: Users,
    /// Clock for the expiry of tickets.
    pub clock: Clock,
}

impl Config {
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
