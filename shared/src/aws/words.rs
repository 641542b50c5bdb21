//! The SDK's errors in words for the log.

use std::error::Error;

/// An error and its causes. `DisplayErrorContext` would add the answer at hand, and with it what people and
/// models said, which is not for the log.
pub(super) fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
