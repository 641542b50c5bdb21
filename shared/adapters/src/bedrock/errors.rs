//! Errors of the SDK as [`ModelError`]s.

use std::time::Duration;

use aws_sdk_bedrockruntime::error::{BuildError, SdkError};
use aws_sdk_bedrockruntime::operation::converse_stream::ConverseStreamError;
use aws_sdk_bedrockruntime::types::error::ConverseStreamOutputError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::event_stream::RawMessage;
use longwire_agent::model::{ModelError, ModelErrorKind};
use longwire_core::error_chain::error_chain;

/// Phrases of models about a conversation that exceeds their context window, in lower case. Bedrock returns them in
/// a ValidationException, without a code of their own.
const TOO_LONG: [&str; 7] = [
    "input is too long",
    "prompt is too long",
    "too many input tokens",
    "input tokens exceeded",
    "context limit",
    "context length",
    "context window",
];

/// Converts an error before the reply.
pub(super) fn before_reply(error: &SdkError<ConverseStreamError, HttpResponse>) -> ModelError {
    let kind = match error {
        SdkError::ServiceError(error) => {
            by_code(error.err()).unwrap_or_else(|| by_status(error.raw().status().as_u16()))
        }
        SdkError::TimeoutError(_) => ModelErrorKind::Timeout,
        SdkError::ConstructionFailure(_) => ModelErrorKind::Invalid,
        _ => ModelErrorKind::Unavailable,
    };
    let detail = error_chain(error);
    ModelError { kind, detail }
}

/// Converts an error within the reply: an exception event, or a broken connection. Exceptions in a stream have a
/// type but no code.
pub(super) fn within_reply(error: &SdkError<ConverseStreamOutputError, RawMessage>) -> ModelError {
    use ConverseStreamOutputError as Exception;
    let kind = match error.as_service_error() {
        Some(Exception::ThrottlingException(_)) => ModelErrorKind::Throttled,
        Some(Exception::InternalServerException(_) | Exception::ServiceUnavailableException(_)) => {
            ModelErrorKind::Unavailable
        }
        Some(Exception::ValidationException(e)) => by_message(e.message().unwrap_or_default()),
        _ => ModelErrorKind::Stream,
    };
    let detail = error_chain(error);
    ModelError { kind, detail }
}

/// Error of a stream that ended without a stop reason.
pub(super) fn unfinished() -> ModelError {
    ModelError {
        kind: ModelErrorKind::Stream,
        detail: "the stream ended without messageStop".to_owned(),
    }
}

/// Error of a stream without an event for this long.
pub(super) fn idle(idle: Duration) -> ModelError {
    ModelError {
        kind: ModelErrorKind::Timeout,
        detail: format!("no event for {idle:?}"),
    }
}

/// Error of a request that could not be built.
#[expect(clippy::needless_pass_by_value, reason = "the signature of map_err")]
pub(super) fn invalid_request(error: BuildError) -> ModelError {
    ModelError {
        kind: ModelErrorKind::Invalid,
        detail: error_chain(&error),
    }
}

/// Kind of an error by its code; `None` for an unknown code (Bedrock API reference, "ConverseStream", Errors, and
/// "Common Errors").
fn by_code(error: &impl ProvideErrorMetadata) -> Option<ModelErrorKind> {
    Some(match error.code()? {
        "ThrottlingException" | "TooManyRequestsException" | "ServiceQuotaExceededException" => {
            ModelErrorKind::Throttled
        }
        "ServiceUnavailableException"
        | "InternalServerException"
        | "ModelNotReadyException"
        | "ModelErrorException" => ModelErrorKind::Unavailable,
        "ModelTimeoutException" => ModelErrorKind::Timeout,
        "ModelStreamErrorException" => ModelErrorKind::Stream,
        // A model that does not exist or was retired cannot be accessed either.
        "AccessDeniedException"
        | "ResourceNotFoundException"
        | "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "ExpiredTokenException" => ModelErrorKind::AccessDenied,
        "ValidationException" => by_message(error.message().unwrap_or_default()),
        _ => return None,
    })
}

/// Kind of a ValidationException.
fn by_message(message: &str) -> ModelErrorKind {
    let message = message.to_lowercase();
    if TOO_LONG.iter().any(|phrase| message.contains(phrase)) {
        ModelErrorKind::ContextTooLong
    } else {
        ModelErrorKind::Invalid
    }
}

/// Kind of an error by its HTTP status, for responses without a known code, such as those of a proxy.
fn by_status(status: u16) -> ModelErrorKind {
    match status {
        429 => ModelErrorKind::Throttled,
        401 | 403 => ModelErrorKind::AccessDenied,
        500.. => ModelErrorKind::Unavailable,
        _ => ModelErrorKind::Invalid,
    }
}
