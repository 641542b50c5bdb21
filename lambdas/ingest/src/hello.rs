//! `hello`: who is here, and what works.

use std::time::Duration;

use shared::aws::connections::Connection;
use shared::wire::control::Control;
use shared::wire::control::ready::Ready;

/// Answers with `ready`.
pub(crate) fn answer(id: Option<String>, connection: &Connection, replay: Duration) -> Control {
    Control::Ready(Ready::new(
        id,
        connection.connection.clone(),
        connection.user.clone(),
        connection.thread_id.clone(),
        replay,
    ))
}
