//! `context` of a prompt: facts from the client for the model.

use longwire_core::run_input::Context;

use crate::request::fields::Fields;
use crate::response::error::{ErrorResponse, too_large};

/// Most facts of a prompt.
const MAX_CONTEXT: usize = 32;

/// Most bytes of UTF-8 that the facts of a prompt take together.
const MAX_CONTEXT_BYTES: usize = 8 * 1024;

/// Parses the field `context`.
pub(super) fn parse(fields: &Fields<'_>) -> Result<Vec<Context>, ErrorResponse> {
    let facts: Vec<Context> = fields.objects("context", MAX_CONTEXT)?;
    let sizes = facts
        .iter()
        .map(|fact| fact.description.len() + fact.value.len());
    if sizes.sum::<usize>() > MAX_CONTEXT_BYTES {
        return Err(too_large("The `context`", MAX_CONTEXT_BYTES));
    }
    Ok(facts)
}
