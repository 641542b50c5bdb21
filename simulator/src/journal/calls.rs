//! The calls of the other services: the Knowledge Base and the weather.

use axum::{
    extract::{Request, State as Shared},
    middleware::Next,
    response::Response,
};
use serde::Serialize;

use super::{
    log::{Log, Place},
    streams::State,
};
use crate::clock::epoch_ms;

/// One call.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// Path and query as they arrived.
    pub path: String,
    /// Epoch milliseconds.
    pub started: u64,
    /// Epoch milliseconds; absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<u64>,
    /// What became of it.
    pub state: State,
    /// The HTTP status answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

/// Notes a call; one whose caller goes away before the answer is `dropped`.
pub(crate) async fn note(
    Shared(calls): Shared<Log<Call>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request
        .uri()
        .path_and_query()
        .map(ToString::to_string)
        .unwrap_or_default();
    let call = Call {
        path,
        started: epoch_ms(),
        ended: None,
        state: State::Running,
        status: None,
    };
    let mut open = Open {
        place: calls.add(call),
        log: calls,
        status: None,
    };
    let response = next.run(request).await;
    open.status = Some(response.status().as_u16());
    response
}

struct Open {
    log: Log<Call>,
    place: Place,
    status: Option<u16>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.log.change(self.place, |call| {
            call.ended = Some(epoch_ms());
            call.status = self.status;
            call.state = if self.status.is_some() {
                State::Finished
            } else {
                State::Dropped
            };
        });
    }
}
