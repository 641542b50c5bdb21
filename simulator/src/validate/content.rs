//! What a block may hold.

use serde_json::Value;

use super::verdict::{Verdict, refuse};
use crate::converse::request::{Block, Message, Request, ToolResult};

/// "API_runtime_Message".
const DOCUMENTS: usize = 5;
const IMAGES: usize = 20;

pub(crate) fn check(request: &Request) -> Verdict {
    for (at, message) in request.messages.iter().enumerate() {
        if message.content.is_empty() {
            return refuse(format!(
                "The content field in the Message object at messages.{at} is empty. Add a ContentBlock object to the content field and try again."
            ));
        }
        for (block_at, block) in message.content.iter().enumerate() {
            block_content(&format!("messages.{at}.content.{block_at}"), block)?;
        }
        files(at, message)?;
    }
    Ok(())
}

fn block_content(path: &str, block: &Block) -> Verdict {
    match block {
        Block::Text(text) => not_blank(path, text),
        Block::ToolResult(result) => tool_result(path, result),
        _ => Ok(()),
    }
}

fn tool_result(path: &str, result: &ToolResult) -> Verdict {
    if result.failed() && result.content.is_empty() {
        return refuse(format!(
            "{path}.toolResult: content of the tool result cannot be empty when status value is error"
        ));
    }
    let texts = result
        .content
        .iter()
        .filter_map(|part| part.get("text").and_then(Value::as_str));
    texts
        .enumerate()
        .try_for_each(|(at, text)| not_blank(&format!("{path}.toolResult.content.{at}"), text))?;
    let odd = |part: &&Value| part.as_object().is_none_or(|part| part.len() != 1);
    if result.content.iter().any(|part| odd(&part)) {
        return refuse(format!(
            "{path}.toolResult: a content block must have exactly one member"
        ));
    }
    // Bedrock's models take objects only ("API_runtime_ToolResultContentBlock" says any JSON, Claude refuses).
    if result
        .content
        .iter()
        .any(|part| part.get("json").is_some_and(|json| !json.is_object()))
    {
        return refuse(format!(
            "The format of the value at {path}.toolResult.content.json is invalid. Provide a json object for the field and try again."
        ));
    }
    Ok(())
}

fn not_blank(path: &str, text: &str) -> Verdict {
    if text.trim().is_empty() {
        return refuse(format!(
            "{path}: text content blocks must contain non-whitespace text"
        ));
    }
    Ok(())
}

fn files(at: usize, message: &Message) -> Verdict {
    let count = |is: fn(&Block) -> bool| message.content.iter().filter(|block| is(block)).count();
    let documents = count(|block| matches!(block, Block::Document(_)));
    if documents > DOCUMENTS || count(|block| matches!(block, Block::Image(_))) > IMAGES {
        return refuse(format!(
            "messages.{at}: a message holds at most {DOCUMENTS} documents and {IMAGES} images"
        ));
    }
    if documents > 0 && count(|block| matches!(block, Block::Text(_))) == 0 {
        return refuse(format!(
            "messages.{at}: A text block must be included when a document block is provided. Add a text block and try again."
        ));
    }
    Ok(())
}
