//! Errors of the tables.

use std::error::Error;

use aws_sdk_dynamodb::error::BuildError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use longwire_core::error_chain::error_chain;

/// Error of a request to DynamoDB.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A condition failed. The failed write may also be a repetition of one whose response was lost: read the
    /// item before deciding.
    #[error("a condition failed")]
    ConditionFailed,
    /// Another transaction was writing the item. Nothing was written; a retry with jitter helps.
    #[error("another transaction was writing the item")]
    TransactionConflict,
    /// DynamoDB did not answer, or could not. A write may have taken effect.
    #[error("the table is unavailable: {0}")]
    Unavailable(String),
    /// An item does not have the shape that this version writes, or a request cannot be built.
    #[error("an item cannot be parsed: {0}")]
    Corrupt(String),
}

impl StoreError {
    /// Tells whether the same request may succeed at once when it is sent again.
    pub fn retryable(&self) -> bool {
        matches!(self, Self::TransactionConflict | Self::Unavailable(_))
    }
}

impl<E> From<SdkError<E, HttpResponse>> for StoreError
where
    E: Error + ProvideErrorMetadata + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        match error
            .as_service_error()
            .and_then(ProvideErrorMetadata::code)
        {
            Some("ConditionalCheckFailedException") => Self::ConditionFailed,
            Some("TransactionConflictException" | "TransactionInProgressException") => {
                Self::TransactionConflict
            }
            _ => Self::Unavailable(error_chain(&error)),
        }
    }
}

impl From<serde_dynamo::Error> for StoreError {
    fn from(error: serde_dynamo::Error) -> Self {
        Self::Corrupt(error.to_string())
    }
}

impl From<BuildError> for StoreError {
    fn from(error: BuildError) -> Self {
        Self::Corrupt(error.to_string())
    }
}
