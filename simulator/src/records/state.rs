//! State of a recorded stream or call.

use serde::Serialize;

/// State of a stream or a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordState {
    /// The response is not complete.
    Running,
    /// The simulator sent the complete response, including its fault if it has one.
    Finished,
    /// The client closed the connection before the end of the response.
    Dropped,
}
