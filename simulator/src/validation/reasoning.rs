//! Rules for reasoning blocks that the caller returns: signed, and complete after a tool call
//! ("claude-messages-extended-thinking").

use super::result::{ValidationResult, reject};
use crate::{
    conversation::{
        content::{ContentBlock, ReasoningContentBlock},
        request::{Message, Request, Role},
        target::Target,
    },
    reasoning::issued::{IssuedReasoning, SignatureCheck},
};

pub(crate) fn validate(
    request: &Request,
    target: Target<'_>,
    issued: &IssuedReasoning,
) -> ValidationResult {
    for (index, message) in request.messages.iter().enumerate() {
        for (block_index, block) in reasoning_blocks(message) {
            if message.role != Role::Assistant {
                return reject(format!(
                    "messages.{index}.content.{block_index}: reasoningContent blocks can only be in assistant messages"
                ));
            }
            validate_signature(
                &format!("messages.{index}.content.{block_index}"),
                block,
                target.model,
                issued,
            )?;
        }
    }
    // Adaptive thinking tolerates missing reasoning, and without thinking the model does not read it.
    if request.thinking("type") == Some("enabled") {
        return validate_completeness(request, issued);
    }
    Ok(())
}

fn validate_signature(
    path: &str,
    block: &ReasoningContentBlock,
    model: &str,
    issued: &IssuedReasoning,
) -> ValidationResult {
    let ReasoningContentBlock::ReasoningText { text, signature } = block else {
        return Ok(());
    };
    let Some(signature) = signature else {
        return reject(format!("{path}.thinking.signature: Field required"));
    };
    match issued.verify(model, text, signature) {
        SignatureCheck::Valid | SignatureCheck::OtherModel => Ok(()),
        SignatureCheck::Invalid => {
            reject(format!("{path}: Invalid `signature` in `thinking` block"))
        }
    }
}

/// Requires that the reasoning before a tool call is returned unchanged along with the tool result.
fn validate_completeness(request: &Request, issued: &IssuedReasoning) -> ValidationResult {
    let [.., previous, last] = request.messages.as_slice() else {
        return Ok(());
    };
    let Some(call) = previous
        .calls()
        .next()
        .filter(|_| last.results().next().is_some())
    else {
        return Ok(());
    };
    let Some(expected) = issued.fingerprints(&call.tool_use_id) else {
        return Ok(());
    };
    let returned: Vec<&str> = reasoning_blocks(previous)
        .map(|(_, block)| fingerprint(block))
        .collect();
    if expected
        .iter()
        .map(String::as_str)
        .ne(returned.iter().copied())
    {
        let index = request.messages.len() - 2;
        return reject(format!(
            "messages.{index}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. `thinking` or \
             `redacted_thinking` blocks in the latest assistant message cannot be modified. These blocks must remain as \
             they were in the original response."
        ));
    }
    Ok(())
}

fn reasoning_blocks(message: &Message) -> impl Iterator<Item = (usize, &ReasoningContentBlock)> {
    message
        .content
        .iter()
        .enumerate()
        .filter_map(|(index, block)| match block {
            ContentBlock::ReasoningContent(reasoning) => Some((index, reasoning)),
            _ => None,
        })
}

fn fingerprint(block: &ReasoningContentBlock) -> &str {
    match block {
        ReasoningContentBlock::ReasoningText { signature, .. } => {
            signature.as_deref().unwrap_or_default()
        }
        ReasoningContentBlock::RedactedContent(data) => data,
    }
}
