//! Handles one request.

use longwire_core::clock::Clock;
use longwire_store::users::Users;
use serde_json::Value;

use crate::request;
use crate::response::{Failure, Response};

/// Makes a ticket for the user that the request names. Whoever may invoke the function is trusted to name it.
pub(crate) async fn handle(
    users: &Users,
    clock: &Clock,
    request: Value,
) -> Result<Response, Failure> {
    let now = clock.unix_seconds();
    let identity = request::read(request, now)?;
    let user = identity.user.clone();
    match users.make_ticket(identity, now).await {
        Ok(ticket) => {
            tracing::info!(event = "ticket_made", %user, "a ticket was made");
            Ok(Response::new(&ticket, user))
        }
        Err(error) => {
            tracing::error!(event = "ticket_not_stored", %error, "a ticket was not stored");
            Err(error.into())
        }
    }
}
