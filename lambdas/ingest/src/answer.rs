//! Response of the integration.

use serde::Serialize;

/// Response of the integration. API Gateway sends the body to the client as a frame, but only with status 200, and
/// sends nothing when it is empty.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    status_code: u16,
    body: String,
}

impl Answer {
    /// Makes the response for a frame with this text.
    pub(crate) fn new(frame: String) -> Self {
        Self {
            status_code: 200,
            body: frame,
        }
    }
}
