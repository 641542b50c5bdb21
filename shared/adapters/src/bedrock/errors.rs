//! The SDK's errors → words the agent can act on.

use std::time::Duration;

use aws_sdk_bedrockruntime::error::{BuildError, SdkError};
use aws_sdk_bedrockruntime::operation::converse_stream::ConverseStreamError;
use aws_sdk_bedrockruntime::types::error::ConverseStreamOutputError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::event_stream::RawMessage;

use longwire_agent::model::{ModelError, ModelErrorKind};
use longwire_core::text::error_chain;

/// What models say of a conversation they cannot hold, in lower case. Bedrock passes their words on in a
/// ValidationException, which has no code of its own for it.
const TOO_LONG: [&str; 7] = [
    "input is too long",
    "prompt is too long",
    "too many input tokens",
    "input tokens exceeded",
    "context limit",
    "context length",
    "context window",
];

/// What went wrong before the answer began.
pub(super) fn before(error: &SdkError<ConverseStreamError, HttpResponse>) -> ModelError {
    let kind = match error {
        SdkError::ServiceError(refusal) => {
            known(refusal.err()).unwrap_or_else(|| by_status(refusal.raw().status().as_u16()))
        }
        SdkError::TimeoutError(_) => ModelErrorKind::Timeout,
        SdkError::ConstructionFailure(_) => ModelErrorKind::Invalid,
        _ => ModelErrorKind::Unavailable,
    };
    let detail = error_chain(error);
    ModelError { kind, detail }
}

/// What went wrong within the answer: an exception in its place, or the line broke. Exceptions there carry no
/// code, only their type.
pub(super) fn within(error: &SdkError<ConverseStreamOutputError, RawMessage>) -> ModelError {
    use ConverseStreamOutputError as Exception;
    let kind = match error.as_service_error() {
        Some(Exception::ThrottlingException(_)) => ModelErrorKind::Throttled,
        Some(Exception::InternalServerException(_) | Exception::ServiceUnavailableException(_)) => {
            ModelErrorKind::Unavailable
        }
        Some(Exception::ValidationException(e)) => invalid(e.message().unwrap_or_default()),
        _ => ModelErrorKind::Stream,
    };
    let detail = error_chain(error);
    ModelError { kind, detail }
}

/// The stream ended in good order, but the answer did not.
pub(super) fn unfinished() -> ModelError {
    ModelError {
        kind: ModelErrorKind::Stream,
        detail: "the stream ended without messageStop".to_owned(),
    }
}

/// Nothing came for so long.
pub(super) fn silent(idle: Duration) -> ModelError {
    ModelError {
        kind: ModelErrorKind::Timeout,
        detail: format!("nothing came for {idle:?}"),
    }
}

/// The request could not even be written.
#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
pub(super) fn unbuilt(error: BuildError) -> ModelError {
    ModelError {
        kind: ModelErrorKind::Invalid,
        detail: error_chain(&error),
    }
}

/// The kind of an error whose code is known (Bedrock API reference, "ConverseStream", Errors; "Common
/// Errors").
fn known(error: &impl ProvideErrorMetadata) -> Option<ModelErrorKind> {
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
        // A model that is not there, or that its maker retired, is not ours to use either.
        "AccessDeniedException"
        | "ResourceNotFoundException"
        | "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "ExpiredTokenException" => ModelErrorKind::AccessDenied,
        "ValidationException" => invalid(error.message().unwrap_or_default()),
        _ => return None,
    })
}

fn invalid(message: &str) -> ModelErrorKind {
    let message = message.to_lowercase();
    if TOO_LONG.iter().any(|words| message.contains(words)) {
        ModelErrorKind::ContextTooLong
    } else {
        ModelErrorKind::Invalid
    }
}

/// The kind of an answer that has no code we know, such as a proxy's.
fn by_status(status: u16) -> ModelErrorKind {
    match status {
        429 => ModelErrorKind::Throttled,
        401 | 403 => ModelErrorKind::AccessDenied,
        500.. => ModelErrorKind::Unavailable,
        _ => ModelErrorKind::Invalid,
    }
}
