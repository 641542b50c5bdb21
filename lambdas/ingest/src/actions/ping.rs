//! `ping`: tests the connection.

use longwire_protocol::request::ping::{Ping, Pong};

use crate::received::Received;

/// Returns the client's time and the time at which API Gateway received the request.
pub(crate) fn answer(received: &Received<'_>, ping: Ping) -> Pong {
    Pong {
        id: received.id.clone(),
        t: ping.t,
        now: received.received_at(),
    }
}
