//! Identification by a token.

use longwire_core::identity::Identity;
use longwire_core::ids::UserId;
use longwire_identity::mode::Mode;
use longwire_identity::verifier::Verifier;
use secrecy::{ExposeSecret as _, SecretString};

use crate::refusal::Refusal;
use crate::shared_token::SharedToken;

/// Way in which the deployment identifies its users, with what it needs.
#[derive(Debug)]
pub(crate) enum Auth {
    /// No identification: all clients are one user.
    None,
    /// Identification by a shared token: all clients that have it are one user.
    Token(SharedToken),
    /// Identification by tokens of an OpenID Connect issuer.
    Oidc(Verifier),
}

impl Auth {
    /// Connects the clients, and reads what tokens are compared with. A failure is logged only.
    pub(crate) async fn warm_up(&self) {
        match self {
            Self::None => {
                tracing::warn!(
                    event = "everybody_may_connect",
                    "AUTH is \"none\": everybody may connect, and is one user"
                );
            }
            Self::Token(shared) => shared.warm_up().await,
            Self::Oidc(verifier) => verifier.warm_up().await,
        }
    }

    /// Tells whether a ticket of this user is accepted. One of `@none` or `@token` must not outlive a change to a stricter
    /// mode.
    pub(crate) fn accepts_ticket_of(&self, user: &UserId) -> bool {
        let mode = match self {
            Self::None => Mode::None,
            Self::Token(_) => Mode::Token,
            Self::Oidc(_) => Mode::Oidc,
        };
        mode.admits(user)
    }

    /// Identifies a user by the token of the handshake.
    pub(crate) async fn identify(&self, token: Option<SecretString>) -> Result<Identity, Refusal> {
        let token = token.ok_or(Refusal::NoCredential);
        match self {
            Self::None => Ok(Identity::permanent(UserId::none())),
            Self::Token(shared) => {
                shared.check(&token?).await?;
                Ok(Identity::permanent(UserId::token()))
            }
            Self::Oidc(verifier) => Ok(verifier.verify(token?.expose_secret()).await?),
        }
    }
}
