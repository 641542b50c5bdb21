//! Which thread and run a message is about.

use longwire_core::ids::{RunId, ThreadId};
use longwire_core::thread_key::ThreadKey;
use longwire_protocol::response::error::{Code, ErrorResponse};
use longwire_store::connections::Connection;

/// The thread that a message names, or its connection's own; always one of the sender's.
pub(crate) fn key(connection: &Connection, named: Option<ThreadId>) -> ThreadKey {
    ThreadKey {
        owner: connection.user.clone(),
        thread_id: named.unwrap_or_else(|| connection.thread_id.clone()),
    }
}

/// There is no such run. Whether somebody else has one of that name is not told.
pub(crate) fn no_run(key: &ThreadKey, run_id: Option<RunId>) -> ErrorResponse {
    let message = match run_id {
        Some(_) => "`runId` names no run of this thread.",
        None => "The thread has no active run.",
    };
    ErrorResponse {
        thread_id: Some(key.thread_id.clone()),
        run_id,
        ..ErrorResponse::new(Code::RunNotFound, message)
    }
}
