//! Request of a team's own backend.

use longwire_core::identity::Identity;
use longwire_core::ids::UserId;
use serde::Deserialize;
use serde_json::Value;

/// Longest time until a connection that a ticket opens expires, in seconds: twelve hours.
const MAX_EXPIRES_IN: u64 = 12 * 3600;

/// Request that is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadRequest {
    /// Field that is missing, unknown or of another type.
    #[error("the request cannot be read: {0}")]
    Unreadable(String),
    /// Subject that gives no user id.
    #[error(
        "`sub` must not be empty, and must have at most 128 characters when it is percent-encoded"
    )]
    Subject,
    /// Expiry that is too short or too long.
    #[error("`expiresInSeconds` must be from 1 to {MAX_EXPIRES_IN}")]
    ExpiresIn,
}

/// Request of a team's own backend. It vouches for the user; the expiry must be stated, so that no forgotten default decides
/// for how long.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Request {
    /// User, as tokens of the deployment's issuer write it.
    sub: String,
    /// Groups of the user.
    #[serde(default)]
    groups: Vec<String>,
    /// Time until the connection expires, in seconds.
    expires_in_seconds: u64,
}

/// Reads a request at `now`, in seconds since 1970, as the identity for which it asks.
pub(crate) fn read(request: Value, now: u64) -> Result<Identity, BadRequest> {
    let request: Request = serde_json::from_value(request)
        .map_err(|error| BadRequest::Unreadable(error.to_string()))?;
    let user = UserId::of_subject(&request.sub).map_err(|_| BadRequest::Subject)?;
    if !(1..=MAX_EXPIRES_IN).contains(&request.expires_in_seconds) {
        return Err(BadRequest::ExpiresIn);
    }
    let expires_at = now + request.expires_in_seconds;
    Ok(Identity::new(user, request.groups, Some(expires_at)))
}
