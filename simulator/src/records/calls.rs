//! Calls of the Knowledge Base, the weather service and the issuer.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use serde::Serialize;

use super::{
    list::{RecordId, RecordList},
    state::RecordState,
};
use crate::clock::epoch_ms;

/// One call.
#[derive(Clone, Debug, Serialize)]
pub struct CallRecord {
    /// Path and query of the request.
    pub path: String,
    /// Start in epoch milliseconds.
    pub started: u64,
    /// End in epoch milliseconds; absent while the call is running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<u64>,
    /// State of the call.
    pub state: RecordState,
    /// HTTP status of the response; absent without a response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

/// Records a call. Its state is `dropped` if the client closes the connection before the response.
pub(crate) async fn record(
    State(calls): State<RecordList<CallRecord>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request
        .uri()
        .path_and_query()
        .map(ToString::to_string)
        .unwrap_or_default();
    let id = calls.add(CallRecord {
        path,
        started: epoch_ms(),
        ended: None,
        state: RecordState::Running,
        status: None,
    });
    let mut recorder = CallRecorder {
        calls,
        id,
        status: None,
    };
    let response = next.run(request).await;
    recorder.status = Some(response.status().as_u16());
    response
}

/// Completes the record of a call when it is dropped: the server drops the handler with the connection.
struct CallRecorder {
    calls: RecordList<CallRecord>,
    id: RecordId,
    status: Option<u16>,
}

impl Drop for CallRecorder {
    fn drop(&mut self) {
        self.calls.update(self.id, |call| {
            call.ended = Some(epoch_ms());
            call.status = self.status;
            call.state = if self.status.is_some() {
                RecordState::Finished
            } else {
                RecordState::Dropped
            };
        });
    }
}
