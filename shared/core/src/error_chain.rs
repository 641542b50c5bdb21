//! Errors as text for the log.

use std::error::Error;

/// An error and its sources, joined with `: `.
///
/// `DisplayErrorContext` of the AWS SDK prints the raw response too, and with it prompts and answers, which
/// must not reach the log.
pub fn error_chain(error: &dyn Error) -> String {
    let sources = std::iter::successors(Some(error), |&error| error.source());
    sources
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
