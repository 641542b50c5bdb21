//! What Bedrock refuses, refused here with words of the same kind.
//!
//! The wording follows errors that users of Bedrock have reported in public.

pub(crate) mod content;
pub(crate) mod limits;
pub(crate) mod order;
pub(crate) mod pairing;
pub(crate) mod thinking;
pub(crate) mod thought;
pub(crate) mod tools;

use crate::{converse::request::Request, error::AwsError, reasoning::Issued};

/// The outcome of one rule.
pub(crate) type Verdict = Result<(), AwsError>;

/// Tries all rules.
///
/// # Errors
/// `ValidationException` with the first rule that is broken.
pub(crate) fn request(request: &Request, model: &str, issued: &Issued) -> Verdict {
    limits::check(request)?;
    order::check(request)?;
    content::check(request)?;
    tools::check(request, model)?;
    thinking::check(request)?;
    pairing::check(request)?;
    thought::check(request, model, issued)
}
