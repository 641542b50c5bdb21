//! Errors of the SDK as [`ModelError`]s.

use std::error::Error;
use std::time::Duration;

use aws_sdk_bedrockruntime::error::{BuildError, SdkError};
use aws_sdk_bedrockruntime::types::error::ConverseStreamOutputError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::event_stream::RawMessage;
use longwire_agent::model::{ModelError, ModelErrorKind};
use longwire_core::error_chain::error_chain;
use serde_json::Value;

use crate::bedrock::check::BadSetting;

/// Phrases of models about a conversation that exceeds their context window, in lower case. Bedrock returns them in
/// a ValidationException or in an exception of the stream, without a code of their own.
const TOO_LONG: [&str; 11] = [
    "input is too long",
    "input is longer",
    "too many total text bytes",
    "maximum context",
    "exceeds the maximum number of tokens",
    "prompt is too long",
    "too many input tokens",
    "input tokens exceeded",
    "context limit",
    "context length",
    "context window",
];

/// Phrases about a quota of a day, in lower case.
const PER_DAY: [&str; 3] = ["per day", "daily", "per-day"];

/// Converts an error before the reply.
pub(super) fn before_reply<E>(error: &SdkError<E, HttpResponse>) -> ModelError
where
    E: Error + ProvideErrorMetadata + 'static,
{
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

/// Converts an error within the reply: an exception event, an error event, or a broken connection. Also exceptions that the
/// SDK does not know keep their names, which decide whether another try can succeed.
pub(super) fn within_reply(error: &SdkError<ConverseStreamOutputError, RawMessage>) -> ModelError {
    let told = error.raw_response().and_then(told);
    let kind = match (&told, error.as_service_error()) {
        (_, Some(ConverseStreamOutputError::ModelStreamErrorException(e))) => {
            let message = e.original_message().or(e.message());
            let kind = e.original_status_code().map(by_original_status);
            match by_message(message.unwrap_or_default()) {
                ModelErrorKind::Invalid => kind.unwrap_or(ModelErrorKind::Stream),
                kind => kind,
            }
        }
        (Some((name, message)), _) => by_name(name, message).unwrap_or(ModelErrorKind::Stream),
        (None, _) => ModelErrorKind::Stream,
    };
    let mut detail = error_chain(error);
    if let Some((name, message)) = told {
        detail = format!("{name}: {message} ({detail})");
    }
    ModelError { kind, detail }
}

/// Name and message of an exception or error event ("Event stream encoding", Smithy specification).
fn told(raw: &RawMessage) -> Option<(String, String)> {
    let RawMessage::Decoded(event) = raw else {
        return None;
    };
    let header = |name: &str| {
        let found = event.headers().iter().find(|h| h.name().as_str() == name);
        found.and_then(|header| Some(header.value().as_string().ok()?.as_str().to_owned()))
    };
    if let Some(code) = header(":error-code") {
        return Some((code, header(":error-message").unwrap_or_default()));
    }
    let name = header(":exception-type")?;
    let payload: Value = serde_json::from_slice(event.payload()).unwrap_or_default();
    let message = payload.get("message").and_then(Value::as_str);
    Some((name, message.unwrap_or_default().to_owned()))
}

/// Kind of an error by the status with which the model answered Bedrock.
fn by_original_status(status: i32) -> ModelErrorKind {
    match status {
        429 => ModelErrorKind::Throttled,
        400 => ModelErrorKind::Invalid,
        403 => ModelErrorKind::AccessDenied,
        503 => ModelErrorKind::Unavailable,
        _ => ModelErrorKind::Stream,
    }
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

/// Error of a setting that the model refuses.
pub(super) fn misconfigured(bad: &BadSetting) -> ModelError {
    ModelError {
        kind: ModelErrorKind::Misconfigured,
        detail: bad.to_string(),
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

/// Error of a complete reply that cannot be converted.
#[expect(clippy::needless_pass_by_value, reason = "the signature of map_err")]
pub(super) fn invalid_reply(error: BuildError) -> ModelError {
    ModelError {
        kind: ModelErrorKind::Stream,
        detail: error_chain(&error),
    }
}

/// Kind of an error by its code; `None` for an unknown code.
fn by_code(error: &impl ProvideErrorMetadata) -> Option<ModelErrorKind> {
    by_name(error.code()?, error.message().unwrap_or_default())
}

/// Kind of an error by its name, which in a stream has a lower-case first letter; `None` for an unknown name (Bedrock API
/// reference, "ConverseStream", Errors, and "Common Errors").
fn by_name(name: &str, message: &str) -> Option<ModelErrorKind> {
    let mut letters = name.chars();
    let first = letters.next()?.to_ascii_uppercase();
    Some(match format!("{first}{}", letters.as_str()).as_str() {
        "ThrottlingException" | "TooManyRequestsException" | "ServiceQuotaExceededException" => {
            by_quota(message)
        }
        "ServiceUnavailableException"
        | "InternalServerException"
        | "InternalFailure"
        | "ModelNotReadyException" => ModelErrorKind::Unavailable,
        "ModelErrorException" => match by_message(message) {
            ModelErrorKind::Invalid => ModelErrorKind::Unavailable,
            kind => kind,
        },
        "ModelTimeoutException" => ModelErrorKind::Timeout,
        "ModelStreamErrorException" => match by_message(message) {
            ModelErrorKind::Invalid => ModelErrorKind::Stream,
            kind => kind,
        },
        // A model that does not exist or was retired cannot be accessed either.
        "AccessDeniedException"
        | "ResourceNotFoundException"
        | "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "ExpiredTokenException" => ModelErrorKind::AccessDenied,
        "ValidationException" => by_message(message),
        _ => return None,
    })
}

/// Kind of a throttling error: quotas of a day do not refill within a run.
fn by_quota(message: &str) -> ModelErrorKind {
    let message = message.to_lowercase();
    if PER_DAY.iter().any(|phrase| message.contains(phrase)) {
        ModelErrorKind::QuotaUsedUp
    } else {
        ModelErrorKind::Throttled
    }
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
