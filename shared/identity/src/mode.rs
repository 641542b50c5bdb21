//! Ways in which a deployment identifies its users.

use longwire_core::ids::UserId;

/// Way in which a deployment identifies its users: the setting `AUTH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// No identification: all clients are one user.
    None,
    /// Identification by a shared token: all clients that have it are one user.
    Token,
    /// Identification by tokens of an OpenID Connect issuer.
    Oidc,
}

/// Error of another setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be \"none\", \"token\" or \"oidc\"")]
pub struct BadMode;

impl Mode {
    /// Tells whether a client of the deployment may be this user. The shared user of a less strict mode is nobody.
    pub fn admits(self, user: &UserId) -> bool {
        match self {
            Self::None => true,
            Self::Token => *user != UserId::none(),
            Self::Oidc => !user.is_shared(),
        }
    }
}

impl TryFrom<String> for Mode {
    type Error = BadMode;

    fn try_from(name: String) -> Result<Self, BadMode> {
        match name.as_str() {
            "none" => Ok(Self::None),
            "token" => Ok(Self::Token),
            "oidc" => Ok(Self::Oidc),
            _ => Err(BadMode),
        }
    }
}
