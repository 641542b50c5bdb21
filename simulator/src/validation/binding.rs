//! Rule for the place of returned reasoning ("claude-messages-thinking-block-binding").

use super::result::{ValidationResult, reject};
use crate::{
    conversation::{request::Request, target::Target},
    reasoning::{binding::Binding, issued::IssuedReasoning},
};

/// Requires that nothing before a reasoning block changed, for the families that verify it. With the setting
/// `drop_block` the service ignores the blocks that do not match.
pub(crate) fn validate(
    request: &Request,
    target: Target<'_>,
    issued: &IssuedReasoning,
) -> ValidationResult {
    let behavior = request
        .model_field("thinking")
        .and_then(|thinking| thinking.pointer("/block_binding/prefix_mismatch_behavior"));
    let checked = target.family.is_some_and(|family| family.prefix_check);
    if !checked || behavior.is_some_and(|behavior| behavior == "drop_block") {
        return Ok(());
    }
    match Binding::of_request(request, target.model, issued) {
        (_, Some((message, block))) => reject(format!(
            "messages.{message}.content.{block}: Invalid `signature` in `thinking` block. The block is bound to a \
             different conversation"
        )),
        (_, None) => Ok(()),
    }
}
