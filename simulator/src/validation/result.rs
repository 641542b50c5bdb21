//! Result of one validation rule.

use crate::error::AwsError;

/// `Ok` for a request that satisfies the rule; a `ValidationException` otherwise.
pub(crate) type ValidationResult = Result<(), AwsError>;

/// Returns a `ValidationException` with this message.
pub(crate) fn reject(message: impl Into<String>) -> ValidationResult {
    Err(AwsError::validation(message))
}
