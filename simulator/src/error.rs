//! Errors of Bedrock Runtime and of the Knowledge Base, and their REST-JSON serialization.

use axum::{
    Json,
    http::{HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Errors of `Converse`, `ConverseStream` and `Retrieve` that the simulator can return.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// 403.
    AccessDenied,
    /// 500.
    #[serde(alias = "5xx")]
    InternalServer,
    /// 424.
    ModelError,
    /// 429.
    ModelNotReady,
    /// 424; occurs while the model streams.
    ModelStreamError,
    /// 408.
    ModelTimeout,
    /// 404.
    ResourceNotFound,
    /// 503.
    ServiceUnavailable,
    /// 429.
    Throttling,
    /// 400.
    Validation,
}

impl ErrorKind {
    /// Returns the name for the header `x-amzn-errortype`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AccessDenied => "AccessDeniedException",
            Self::InternalServer => "InternalServerException",
            Self::ModelError => "ModelErrorException",
            Self::ModelNotReady => "ModelNotReadyException",
            Self::ModelStreamError => "ModelStreamErrorException",
            Self::ModelTimeout => "ModelTimeoutException",
            Self::ResourceNotFound => "ResourceNotFoundException",
            Self::ServiceUnavailable => "ServiceUnavailableException",
            Self::Throttling => "ThrottlingException",
            Self::Validation => "ValidationException",
        }
    }

    /// Returns the HTTP status ("API_runtime_ConverseStream", Errors).
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::AccessDenied => StatusCode::FORBIDDEN,
            Self::InternalServer => StatusCode::INTERNAL_SERVER_ERROR,
            Self::ModelError | Self::ModelStreamError => StatusCode::FAILED_DEPENDENCY,
            Self::ModelNotReady | Self::Throttling => StatusCode::TOO_MANY_REQUESTS,
            Self::ModelTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::ResourceNotFound => StatusCode::NOT_FOUND,
            Self::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Validation => StatusCode::BAD_REQUEST,
        }
    }

    /// Returns a message like the service's own.
    #[must_use]
    pub fn default_message(self) -> &'static str {
        match self {
            Self::AccessDenied => "You don't have access to the model with the specified model ID.",
            Self::InternalServer => {
                "The system encountered an unexpected error during processing. Try your request again."
            }
            Self::ModelError => "The request failed due to an error while processing the model.",
            Self::ModelNotReady => {
                "The model is not ready for inference. Wait and try your request again."
            }
            Self::ModelStreamError => {
                "The model has encountered an error while streaming the response."
            }
            Self::ModelTimeout => {
                "Model has timed out in processing the request. Try your request again."
            }
            Self::ResourceNotFound => {
                "Could not resolve the foundation model from the provided model identifier."
            }
            Self::ServiceUnavailable => "Bedrock is unable to process your request.",
            Self::Throttling => "Too many requests, please wait before trying again.",
            Self::Validation => {
                "Malformed input request, please reformat your input and try again."
            }
        }
    }
}

/// An error response: its kind and its message.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}: {message}", kind.name())]
pub struct AwsError {
    /// Kind of the error.
    pub kind: ErrorKind,
    /// Value of `message` in the body.
    pub message: String,
}

impl AwsError {
    /// Creates a `ValidationException`.
    #[must_use]
    pub fn validation(message: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::Validation,
            message: message.into(),
        }
    }
}

impl AwsError {
    /// Creates the `ValidationException` for a request that exceeds the context window.
    #[must_use]
    pub fn context_too_long() -> Self {
        Self::validation("Input is too long for requested model.")
    }
}

impl From<ErrorKind> for AwsError {
    fn from(kind: ErrorKind) -> Self {
        Self {
            kind,
            message: kind.default_message().to_owned(),
        }
    }
}

impl IntoResponse for AwsError {
    fn into_response(self) -> Response {
        let mut response =
            (self.kind.status(), Json(json!({ "message": self.message }))).into_response();
        response.headers_mut().insert(
            "x-amzn-errortype",
            HeaderValue::from_static(self.kind.name()),
        );
        response
    }
}
