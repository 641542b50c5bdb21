//! Requests to the model as they arrived.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use serde::Serialize;
use serde_json::Value;

use crate::{clock::epoch_ms, error::AwsError};

/// The headers worth keeping. Credentials are not among them.
const KEPT_HEADERS: [&str; 6] = [
    "accept",
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "content-type",
    "user-agent",
    "x-amz-user-agent",
];

/// One request.
#[derive(Clone, Debug, Serialize)]
pub struct Received {
    /// The `x-amzn-requestid` it was answered with.
    pub id: String,
    /// `converse` or `converse-stream`.
    pub operation: &'static str,
    /// The model it names, decoded.
    pub model: String,
    /// Epoch milliseconds.
    pub at: u64,
    /// A choice of its headers.
    pub headers: BTreeMap<&'static str, String>,
    /// The body; a string when it was no JSON.
    pub body: Value,
    /// The refusal it got before any stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Refusal>,
}

/// An error answered.
#[derive(Clone, Debug, Serialize)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The name in `x-amzn-errortype`.
    #[serde(rename = "type")]
    pub name: &'static str,
    /// The text.
    pub message: String,
}

impl Received {
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
            headers: KEPT_HEADERS.into_iter().filter_map(header).collect(),
            body,
            error: None,
        }
    }
}

impl From<&AwsError> for Refusal {
    fn from(error: &AwsError) -> Self {
        Self {
            status: error.kind.status().as_u16(),
            name: error.kind.name(),
            message: error.message.clone(),
        }
    }
}
