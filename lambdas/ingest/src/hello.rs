//! `hello`: who is here, and what works.

use std::time::Duration;

use longwire_protocol::response::Response;
use longwire_protocol::response::ready::Ready;
use longwire_store::connections::Connection;

/// Answers with `ready`.
pub(crate) fn answer(id: Option<String>, connection: &Connection, replay: Duration) -> Response {
    Response::Ready(Ready::new(
        id,
        connection.connection.clone(),
        connection.user.clone(),
        connection.thread_id.clone(),
        replay,
    ))
}
