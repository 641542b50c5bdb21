//! `auth`: renews the token of the connection.

use longwire_identity::verifier::TokenError;
use longwire_protocol::request::auth::{Auth, Renewed};
use longwire_protocol::response::error::{Code, ErrorResponse};
use secrecy::ExposeSecret as _;

use crate::call::Call;
use crate::failure::{Failure, unavailable, unknown_connection};

/// Replaces the expiry and the groups of the connection by those of the token.
pub(crate) async fn answer(call: &Call<'_>, request: Auth) -> Result<Renewed, Failure> {
    let verifier = call.deps.verifier.as_ref().ok_or_else(no_tokens)?;
    let identity = verifier.verify(request.token.expose_secret()).await;
    let identity = identity.map_err(refusal)?;
    let connection = &call.connection;
    if identity.user != connection.user {
        let message = "`token` is of another user than this connection.";
        return Err(ErrorResponse::new(Code::Forbidden, message).into());
    }
    let (connections, id) = (&call.deps.connections, &connection.connection);
    // The verifier accepts a token for a minute after its expiry, because clocks may differ. The connection would already have
    // expired.
    if identity.expires_at.is_some_and(|exp| exp <= call.now()) {
        return Err(refusal(TokenError::Expired).into());
    }
    if !connections.renew(id, &identity, call.now()).await? {
        return Err(unknown_connection().into());
    }
    Ok(Renewed::new(call.id.clone(), identity.expires_at))
}

fn no_tokens() -> ErrorResponse {
    let message = "This server has no issuer of tokens, so a connection cannot be renewed.";
    ErrorResponse::new(Code::Unauthorized, message)
}

fn refusal(error: TokenError) -> ErrorResponse {
    match error {
        TokenError::Unavailable => unavailable(),
        error => ErrorResponse::new(Code::Unauthorized, format!("`token` is refused: {error}.")),
    }
}
