//! Errors of a queue.

use std::error::Error;

use aws_sdk_sqs::error::SdkError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use longwire_core::error_chain::error_chain;

/// Error codes for a receipt handle whose message was deleted or received again (SQS API reference,
/// "ChangeMessageVisibility", Errors), with the names of the older protocol.
const NOT_IN_FLIGHT: [&str; 4] = [
    "InvalidParameterValue",
    "MessageNotInflight",
    "AWS.SimpleQueueService.MessageNotInflight",
    "ReceiptHandleIsInvalid",
];

/// Error codes of requests that fail again however often they are sent (SQS API reference, "Common errors"), with the
/// names of the older protocol.
const PERMANENT: [&str; 5] = [
    "AccessDenied",
    "AccessDeniedException",
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
    "InvalidMessageContents",
];

/// Error of a request to SQS.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The message is not in flight any more: it was deleted, or another receiver has it.
    #[error("the message is not in flight any more")]
    NotInFlight,
    /// SQS did not answer, or could not. The request may have taken effect.
    #[error("the queue is unavailable: {0}")]
    Unavailable(String),
    /// SQS refused the request, and refuses it again: the function lacks a permission, or there is no such queue.
    #[error("the queue refused the request: {0}")]
    Permanent(String),
}

impl QueueError {
    /// Converts an error of a request that names a receipt handle.
    pub(crate) fn of_receipt<E>(error: SdkError<E, HttpResponse>) -> Self
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let code = error
            .as_service_error()
            .and_then(ProvideErrorMetadata::code);
        match code {
            Some(code) if NOT_IN_FLIGHT.contains(&code) => Self::NotInFlight,
            _ => error.into(),
        }
    }
}

impl<E> From<SdkError<E, HttpResponse>> for QueueError
where
    E: Error + ProvideErrorMetadata + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        let code = error
            .as_service_error()
            .and_then(ProvideErrorMetadata::code);
        match code {
            Some(code) if PERMANENT.contains(&code) => Self::Permanent(error_chain(&error)),
            _ => Self::Unavailable(error_chain(&error)),
        }
    }
}
