//! Content blocks: text beside tool blocks, result status, images, documents, reasoning, system prompt.

use serde_json::Value;

use super::cache::extraneous;
use crate::{
    conversation::{
        content::{ContentBlock, ToolResultBlock},
        request::{Message, Request, SystemContentBlock},
    },
    families::family::{Family, Images},
    validation::result::{ValidationResult, reject},
};

pub(super) fn validate(request: &Request, family: &Family) -> ValidationResult {
    let has_system = request
        .system
        .iter()
        .any(|block| !matches!(block, SystemContentBlock::CachePoint(_)));
    if has_system && !family.system_prompt {
        return reject(
            "This model doesn't support system messages. Try again without a system message or use a model that supports system messages.",
        );
    }
    for (index, message) in request.messages.iter().enumerate() {
        validate_mixture(message, family)?;
        for (block_index, block) in message.content.iter().enumerate() {
            validate_block(
                &format!("messages/{index}/content/{block_index}"),
                block,
                family,
            )?;
        }
    }
    Ok(())
}

fn validate_mixture(message: &Message, family: &Family) -> ValidationResult {
    let is_text = |block: &ContentBlock| matches!(block, ContentBlock::Text(_));
    let has_text = message.content.iter().any(is_text);
    let has_call = message.calls().next().is_some();
    let has_result = message.results().next().is_some();
    let mixed = (has_call && !family.text_beside_tool_use)
        || (has_result && !family.text_beside_tool_result);
    if has_text && mixed {
        return reject(
            "Conversation blocks and tool use/result blocks cannot be provided in the same turn.",
        );
    }
    Ok(())
}

fn validate_block(path: &str, block: &ContentBlock, family: &Family) -> ValidationResult {
    match block {
        ContentBlock::Image(_) if family.images == Images::Rejected => unsupported("image"),
        ContentBlock::Document(_) if !family.documents => unsupported("document"),
        ContentBlock::ReasoningContent(_) if !family.reasoning_in_history => {
            reject("User messages cannot contain reasoning content")
        }
        ContentBlock::ToolResult(result) => validate_result(path, result, family),
        _ => Ok(()),
    }
}

fn validate_result(path: &str, result: &ToolResultBlock, family: &Family) -> ValidationResult {
    if result.status.is_some() && !family.result_status {
        return reject(extraneous(&format!("{path}/toolResult"), "status"));
    }
    let has = |member: &str| {
        result
            .content
            .iter()
            .any(|block: &Value| block.get(member).is_some())
    };
    if has("image") && family.images != Images::Accepted {
        return unsupported("image");
    }
    if has("document") && !family.documents {
        return unsupported("document");
    }
    Ok(())
}

fn unsupported(member: &str) -> ValidationResult {
    reject(format!(
        "This model doesn't support the {member} content block. Remove it and try again."
    ))
}
