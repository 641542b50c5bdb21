//! Response to a team's own backend.

use lambda_runtime::Diagnostic;
use longwire_core::clock::rfc3339;
use longwire_core::ids::UserId;
use longwire_store::error::StoreError;
use longwire_store::users::tickets::Ticket;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Serialize, Serializer};

use crate::request::BadRequest;

/// Ticket for one of the team's users.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Response {
    /// Ticket, for the parameter `ticket` of the URL.
    #[serde(serialize_with = "expose")]
    ticket: SecretString,
    /// Time until which the ticket can be used (RFC 3339).
    expires_at: String,
    /// User of the connection that it opens.
    user: UserId,
}

impl Response {
    pub(crate) fn new(ticket: &Ticket, user: UserId) -> Self {
        Self {
            ticket: ticket.secret.clone(),
            expires_at: rfc3339(ticket.expires_at),
            user,
        }
    }
}

fn expose<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

/// Reason for which no ticket was made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    BadRequest(#[from] BadRequest),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Error of the invocation. The message of a table's error may contain ARNs, and is logged instead.
impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        let (kind, message) = match failure {
            Failure::BadRequest(error) => ("InvalidRequest", error.to_string()),
            Failure::Store(_) => ("Unavailable", "The ticket was not stored.".to_owned()),
        };
        Self {
            error_type: kind.to_owned(),
            error_message: message,
        }
    }
}
