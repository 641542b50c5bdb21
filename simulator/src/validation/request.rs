//! All rules, applied to one request.

use super::{
    content, limits, pairing, reasoning, result::ValidationResult, roles, thinking, tools,
};
use crate::{conversation::request::Request, reasoning::IssuedReasoning};

/// Applies the rules in a fixed order.
///
/// # Errors
/// `ValidationException` for the first rule that the request violates.
pub(crate) fn validate(
    request: &Request,
    model: &str,
    issued: &IssuedReasoning,
) -> ValidationResult {
    limits::validate(request)?;
    roles::validate(request)?;
    content::validate(request)?;
    tools::validate(request, model)?;
    thinking::validate(request)?;
    pairing::validate(request)?;
    reasoning::validate(request, model, issued)
}
