//! Rules for the content of messages and blocks.

use serde_json::Value;

use super::result::{ValidationResult, reject};
use crate::conversation::{
    content::{ContentBlock, ToolResultBlock},
    request::{Message, Request},
};

/// Maximum number of documents in a message ("API_runtime_Message").
const MAX_DOCUMENTS: usize = 5;
/// Maximum number of images in a message ("API_runtime_Message").
const MAX_IMAGES: usize = 20;

pub(crate) fn validate(request: &Request) -> ValidationResult {
    for (index, message) in request.messages.iter().enumerate() {
        if message.content.is_empty() {
            return reject(format!(
                "The content field in the Message object at messages.{index} is empty. Add a ContentBlock object to the content field and try again."
            ));
        }
        for (block_index, block) in message.content.iter().enumerate() {
            validate_block(&format!("messages.{index}.content.{block_index}"), block)?;
        }
        validate_files(index, message)?;
    }
    Ok(())
}

fn validate_block(path: &str, block: &ContentBlock) -> ValidationResult {
    match block {
        ContentBlock::Text(text) => require_text(path, text),
        ContentBlock::ToolResult(result) => validate_tool_result(path, result),
        _ => Ok(()),
    }
}

fn validate_tool_result(path: &str, result: &ToolResultBlock) -> ValidationResult {
    if result.is_error() && result.content.is_empty() {
        return reject(format!(
            "{path}.toolResult: content of the tool result cannot be empty when status value is error"
        ));
    }
    let texts = result
        .content
        .iter()
        .filter_map(|block| block.get("text").and_then(Value::as_str));
    texts.enumerate().try_for_each(|(index, text)| {
        require_text(&format!("{path}.toolResult.content.{index}"), text)
    })?;
    let has_one_member =
        |block: &Value| block.as_object().is_some_and(|members| members.len() == 1);
    if !result.content.iter().all(has_one_member) {
        return reject(format!(
            "{path}.toolResult: a content block must have exactly one member"
        ));
    }
    // Models on Bedrock accept objects only, although "API_runtime_ToolResultContentBlock" allows any JSON.
    if result
        .content
        .iter()
        .any(|block| block.get("json").is_some_and(|json| !json.is_object()))
    {
        return reject(format!(
            "The format of the value at {path}.toolResult.content.json is invalid. Provide a json object for the field and try again."
        ));
    }
    Ok(())
}

fn require_text(path: &str, text: &str) -> ValidationResult {
    if text.trim().is_empty() {
        return reject(format!(
            "{path}: text content blocks must contain non-whitespace text"
        ));
    }
    Ok(())
}

fn validate_files(index: usize, message: &Message) -> ValidationResult {
    let count = |matches: fn(&ContentBlock) -> bool| {
        message
            .content
            .iter()
            .filter(|block| matches(block))
            .count()
    };
    let documents = count(|block| matches!(block, ContentBlock::Document(_)));
    if documents > MAX_DOCUMENTS
        || count(|block| matches!(block, ContentBlock::Image(_))) > MAX_IMAGES
    {
        return reject(format!(
            "messages.{index}: a message holds at most {MAX_DOCUMENTS} documents and {MAX_IMAGES} images"
        ));
    }
    if documents > 0 && count(|block| matches!(block, ContentBlock::Text(_))) == 0 {
        return reject(format!(
            "messages.{index}: A text block must be included when a document block is provided. Add a text block and try again."
        ));
    }
    Ok(())
}
