//! Requests to Bedrock Runtime.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use serde::Serialize;
use serde_json::Value;

use crate::{clock::epoch_ms, error::AwsError};

/// Headers that are recorded. Credentials are not among them.
const RECORDED_HEADERS: [&str; 6] = [
    "accept",
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "content-type",
    "user-agent",
    "x-amz-user-agent",
];

/// One request.
#[derive(Clone, Debug, Serialize)]
pub struct RequestRecord {
    /// Request id, sent as `x-amzn-requestid` in the response.
    pub id: String,
    /// `converse` or `converse-stream`.
    pub operation: &'static str,
    /// Model id, percent-decoded.
    pub model: String,
    /// Arrival in epoch milliseconds.
    pub at: u64,
    /// Selected headers, without credentials.
    pub headers: BTreeMap<&'static str, String>,
    /// Body as JSON; a string if it was not JSON.
    pub body: Value,
    /// Error response, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorRecord>,
}

/// An error response.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorRecord {
    /// HTTP status.
    pub status: u16,
    /// Value of the header `x-amzn-errortype`.
    #[serde(rename = "type")]
    pub name: &'static str,
    /// Error message.
    pub message: String,
}

impl RequestRecord {
    /// Creates the record of a request with a new request id.
    pub(crate) fn new(
        operation: &'static str,
        model: &str,
        headers: &HeaderMap,
        body: Value,
    ) -> Self {
        let header = |name| Some((name, headers.get(name)?.to_str().ok()?.to_owned()));
        Self {
            id: crate::ids::request(),
            operation,
            model: model.to_owned(),
            at: epoch_ms(),
            headers: RECORDED_HEADERS.into_iter().filter_map(header).collect(),
            body,
            error: None,
        }
    }
}

impl From<&AwsError> for ErrorRecord {
    fn from(error: &AwsError) -> Self {
        Self {
            status: error.kind.status().as_u16(),
            name: error.kind.name(),
            message: error.message.clone(),
        }
    }
}
