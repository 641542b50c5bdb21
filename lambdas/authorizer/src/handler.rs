//! Handles one handshake.

use std::time::Duration;

use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerRequestTypeRequest;
use longwire_core::identity::Identity;
use tokio::time::timeout;

use crate::credential::Credential;
use crate::deps::Deps;
use crate::refusal::Refusal;
use crate::response::Response;

/// Time limit of a handshake. A read of the issuer's keys takes 3 s at most.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// Identifies the user of a handshake, and allows exactly this one. Fails when the credential cannot be checked.
pub(crate) async fn handle(
    deps: &Deps,
    event: &ApiGatewayCustomAuthorizerRequestTypeRequest,
) -> Result<Response, Refusal> {
    let method = event.method_arn.as_deref();
    let identified = timeout(TIME_LIMIT, identify(deps, event)).await;
    let identity = identified.unwrap_or(Err(Refusal::TimedOut));
    let refusal = match (identity, method) {
        (Ok(identity), Some(method)) => return Ok(Response::allow(&identity, method)),
        (Ok(_), None) => Refusal::NoMethod,
        (Err(refusal), _) => refusal,
    };
    refusal.log();
    match method {
        Some(method) if refusal.is_final() => Ok(Response::deny(method)),
        _ => Err(refusal),
    }
}

async fn identify(
    deps: &Deps,
    event: &ApiGatewayCustomAuthorizerRequestTypeRequest,
) -> Result<Identity, Refusal> {
    let now = deps.clock.unix_seconds();
    let identity = match Credential::find(event) {
        Some(Credential::Ticket(ticket)) => {
            let redeemed = deps.users.redeem_ticket(&ticket, now).await?;
            let known = redeemed.filter(|identity| deps.auth.accepts_ticket_of(&identity.user));
            known.ok_or(Refusal::UnknownTicket)?
        }
        Some(Credential::Token(token)) => deps.auth.identify(Some(token)).await?,
        None => deps.auth.identify(None).await?,
    };
    // All clients have the same user there, and a new shared token ends their access.
    if !identity.user.is_shared() && deps.users.is_revoked(&identity.user, now).await? {
        return Err(Refusal::Revoked);
    }
    Ok(identity)
}
