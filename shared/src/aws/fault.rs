//! What can go wrong at a store or a queue, in words the caller can act on.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::words::chain;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A condition did not hold. It may also be our own write whose answer was lost: read before deciding.
    #[error("the condition did not hold")]
    Refused,
    /// Another transaction was at the item. Nothing was written; worth trying again with jitter.
    #[error("another transaction was at the item")]
    Conflict,
    /// It did not answer, or said it cannot. The write may have happened all the same.
    #[error("the service is unavailable: {0}")]
    Unavailable(String),
    /// An item is not of the shape we write.
    #[error("an item cannot be read: {0}")]
    Unreadable(String),
}

impl<E> From<SdkError<E, HttpResponse>> for Fault
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        match error
            .as_service_error()
            .and_then(ProvideErrorMetadata::code)
        {
            Some("ConditionalCheckFailedException") => Self::Refused,
            Some("TransactionConflictException" | "TransactionInProgressException") => {
                Self::Conflict
            }
            _ => Self::Unavailable(chain(&error)),
        }
    }
}

impl From<serde_dynamo::Error> for Fault {
    fn from(error: serde_dynamo::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

impl From<aws_sdk_dynamodb::error::BuildError> for Fault {
    /// A request of ours that lacks a part; said as what it is, a fault of ours.
    fn from(error: aws_sdk_dynamodb::error::BuildError) -> Self {
        Self::Unreadable(error.to_string())
    }
}
