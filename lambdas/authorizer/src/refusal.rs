//! Reasons for which a handshake is refused.

use lambda_runtime::Diagnostic;
use longwire_identity::verifier::TokenError;
use longwire_store::error::StoreError;

/// Reason for which a handshake is refused. None of them contains a part of the credential.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The handshake has no credential.
    #[error("the handshake has no token and no ticket")]
    NoCredential,
    /// The token of an issuer is refused, or cannot be verified.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The token is not the shared one.
    #[error("the token is not the one that users share")]
    OtherSharedToken,
    /// The shared token was never read.
    #[error("the token that users share cannot be read")]
    NoSharedToken,
    /// The ticket is unknown: it was never made, was used, or has expired.
    #[error("the ticket is unknown, used or expired")]
    UnknownTicket,
    /// The access of the user was ended.
    #[error("the access of the user was ended")]
    Revoked,
    /// The table of users failed.
    #[error("the table of users failed: {0}")]
    Users(#[from] StoreError),
    /// The event names no method, so that no policy can allow it.
    #[error("the event names no method")]
    NoMethod,
    /// The identification took too long.
    #[error("the identification took too long")]
    TimedOut,
}

impl Refusal {
    /// Tells whether the credential is refused. Otherwise it may be valid, but could not be checked.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Self::Token(error) => *error != TokenError::Unavailable,
            Self::NoCredential | Self::OtherSharedToken | Self::UnknownTicket | Self::Revoked => {
                true
            }
            Self::NoSharedToken | Self::Users(_) | Self::NoMethod | Self::TimedOut => false,
        }
    }

    /// Logs the refusal.
    pub(crate) fn log(&self) {
        if self.is_final() {
            tracing::info!(event = "handshake_refused", error = %self, "a handshake was refused");
        } else {
            tracing::error!(event = "handshake_failed", error = %self, "the credential of a handshake was not checked");
        }
    }
}

/// Error of the invocation, to which API Gateway answers 500.
impl From<Refusal> for Diagnostic {
    fn from(_: Refusal) -> Self {
        Self {
            error_type: "CredentialNotChecked".to_owned(),
            error_message: "The credential could not be checked.".to_owned(),
        }
    }
}
