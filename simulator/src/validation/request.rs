//! All rules, applied to one request.

use super::{
    binding, content, family, limits, pairing, reasoning, result::ValidationResult, roles,
    thinking, tool_loop, tools,
};
use crate::{
    conversation::{request::Request, target::Target},
    reasoning::issued::IssuedReasoning,
};

/// Applies the rules in a fixed order.
///
/// # Errors
/// `ValidationException` for the first rule that the request violates; `ResourceNotFoundException` for a retired
/// model.
pub(crate) fn validate(
    request: &Request,
    target: Target<'_>,
    issued: &IssuedReasoning,
) -> ValidationResult {
    limits::validate(request)?;
    roles::validate(request)?;
    content::validate(request)?;
    tools::validate(request)?;
    family::validate(request, target)?;
    thinking::validate(request, target)?;
    pairing::validate(request)?;
    tool_loop::validate(request)?;
    reasoning::validate(request, target, issued)?;
    binding::validate(request, target, issued)
}
