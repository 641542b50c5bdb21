//! Errors of the tables.

use std::error::Error;

use aws_sdk_dynamodb::error::BuildError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use longwire_core::error_chain::error_chain;

/// Error codes of requests that fail again however often they are sent (DynamoDB developer guide, "Error handling",
/// and the common errors of AWS services). An item that is too large is a `ValidationException`.
const PERMANENT: [&str; 6] = [
    "AccessDeniedException",
    "IdempotentParameterMismatchException",
    "ItemCollectionSizeLimitExceededException",
    "ResourceNotFoundException",
    "SerializationException",
    "ValidationException",
];

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
    /// Another run has stored a message of the same number. The history of the writer was read too early.
    #[error("another run has stored a message of this number")]
    MessageExists,
    /// The id of a user message belongs to another run of the thread.
    #[error("another run has the id of this message")]
    MessageIdTaken,
    /// DynamoDB did not answer, or could not. A write may have taken effect.
    #[error("the table is unavailable: {0}")]
    Unavailable(String),
    /// DynamoDB refused the request, and refuses it again: it is invalid, an item is too large, or the function lacks
    /// a permission. Nothing was written.
    #[error("{operation} was refused: {message}")]
    Permanent {
        /// Operation of DynamoDB, such as `PutItem`.
        operation: String,
        /// Code and message of the refusal. The log may contain ARNs; responses do not.
        message: String,
    },
    /// An item does not have the shape that this version writes, or a request cannot be built.
    #[error("an item cannot be parsed: {0}")]
    Corrupt(String),
}

impl StoreError {
    /// Error of stored JSON text that cannot be read or written.
    #[expect(clippy::needless_pass_by_value, reason = "map_err passes a value")]
    pub(crate) fn corrupt(error: serde_json::Error) -> Self {
        Self::Corrupt(error.to_string())
    }

    /// Tells whether the same request may succeed at once when it is sent again.
    pub fn retryable(&self) -> bool {
        matches!(self, Self::TransactionConflict | Self::Unavailable(_))
    }

    /// Tells whether the same request fails again however often it is sent, and a later delivery of a job with it.
    pub fn permanent(&self) -> bool {
        matches!(
            self,
            Self::Permanent { .. } | Self::Corrupt(_) | Self::MessageIdTaken
        )
    }

    /// Makes a permanent error of the operation whose error type is `E`.
    pub(crate) fn refused<E>(message: String) -> Self {
        let operation = operation(std::any::type_name::<E>()).to_owned();
        Self::Permanent { operation, message }
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
            Some(code) if PERMANENT.contains(&code) => Self::refused::<E>(error_chain(&error)),
            None if matches!(error, SdkError::ConstructionFailure(_)) => {
                Self::refused::<E>(error_chain(&error))
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

/// Operation of an error type of the SDK: `PutItem` of `aws_sdk_dynamodb::operation::put_item::PutItemError`.
fn operation(error_type: &str) -> &str {
    let name = error_type.rsplit("::").next().unwrap_or(error_type);
    name.strip_suffix("Error").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::operation::put_item::PutItemError;

    use super::*;

    #[test]
    fn a_permanent_error_names_the_operation() {
        let refused = StoreError::refused::<PutItemError>("too large".to_owned());
        assert_eq!(refused.to_string(), "PutItem was refused: too large");
        assert!(refused.permanent() && !refused.retryable());
    }
}
