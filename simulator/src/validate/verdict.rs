//! Result of one validation rule.

use crate::error::AwsError;

/// `Ok` when a request satisfies the rule; a `ValidationException` otherwise.
pub(crate) type Verdict = Result<(), AwsError>;

/// Rejects the request with a `ValidationException` that carries `message`.
pub(crate) fn refuse(message: impl Into<String>) -> Verdict {
    Err(AwsError::validation(message))
}
