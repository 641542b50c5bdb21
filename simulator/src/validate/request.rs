//! All rules, applied to one request.

use super::{content, limits, order, pairing, thinking, thought, tools, verdict::Verdict};
use crate::{converse::request::Request, reasoning::Issued};

/// Applies the rules in a fixed order.
///
/// # Errors
/// The `ValidationException` of the first rule that is broken.
pub(crate) fn check(request: &Request, model: &str, issued: &Issued) -> Verdict {
    limits::check(request)?;
    order::check(request)?;
    content::check(request)?;
    tools::check(request, model)?;
    thinking::check(request)?;
    pairing::check(request)?;
    thought::check(request, model, issued)
}
