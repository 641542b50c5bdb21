//! `ticket`: makes a ticket, with which one more connection of the user can be opened.

use longwire_protocol::request::ticket::{Ticket, TicketResponse};

use crate::call::Call;
use crate::failure::Failure;

/// Makes a ticket with the user, the groups and the expiry of the connection.
pub(crate) async fn answer(call: &Call<'_>, _: Ticket) -> Result<TicketResponse, Failure> {
    let identity = call.connection.ticket_identity();
    let ticket = call.deps.users.make_ticket(identity, call.now()).await?;
    let (id, secret) = (call.id.clone(), ticket.secret);
    Ok(TicketResponse::new(id, secret, ticket.expires_at))
}
