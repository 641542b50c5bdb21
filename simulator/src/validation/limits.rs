//! Rules for labels, inference parameters, the system prompt and cache checkpoints.

use super::result::{ValidationResult, reject};
use crate::conversation::{
    content::ContentBlock,
    request::{Request, SystemContentBlock, Tool},
};

/// Maximum number of labels ("API_runtime_ConverseStream", requestMetadata).
const MAX_LABELS: usize = 16;
/// Maximum length of a label's key and value ("API_runtime_ConverseStream", requestMetadata).
const MAX_LABEL_CHARACTERS: usize = 256;
/// Maximum number of cache checkpoints in a request ("prompt-caching").
const MAX_CACHE_POINTS: usize = 4;

pub(crate) fn validate(request: &Request) -> ValidationResult {
    validate_labels(request)?;
    validate_inference(request)?;
    validate_system(request)?;
    validate_cache_points(request)
}

fn validate_labels(request: &Request) -> ValidationResult {
    let Some(labels) = &request.request_metadata else {
        return Ok(());
    };
    if labels.len() > MAX_LABELS {
        return reject(format!(
            "Value at 'requestMetadata' failed to satisfy constraint: Member must have length less than or equal to {MAX_LABELS}"
        ));
    }
    for (key, value) in labels {
        if key.is_empty() || !is_valid_label(key) {
            return reject(label_constraint("key", key, 1));
        }
        if !is_valid_label(value) {
            return reject(label_constraint("value", value, 0));
        }
    }
    Ok(())
}

/// Returns `true` for at most 256 characters of `[a-zA-Z0-9\s:_@$#=/+,-.]`.
fn is_valid_label(text: &str) -> bool {
    let allowed =
        |c: char| c.is_ascii_alphanumeric() || c.is_ascii_whitespace() || ":_@$#=/+,-.".contains(c);
    text.chars().count() <= MAX_LABEL_CHARACTERS && text.chars().all(allowed)
}

fn label_constraint(part: &str, text: &str, min_length: usize) -> String {
    format!(
        "Value '{text}' at 'requestMetadata' failed to satisfy constraint: Map {part} must satisfy constraint: \
         [Member must have length less than or equal to {MAX_LABEL_CHARACTERS}, Member must have length greater than or \
         equal to {min_length}, Member must satisfy regular expression pattern: [a-zA-Z0-9\\s:_@$#=/+,-.]*]"
    )
}

fn validate_inference(request: &Request) -> ValidationResult {
    let Some(parameters) = &request.inference_config else {
        return Ok(());
    };
    if parameters.max_tokens.is_some_and(|tokens| tokens < 1) {
        return reject(
            "Value at 'inferenceConfig.maxTokens' failed to satisfy constraint: Member must have value greater than \
             or equal to 1",
        );
    }
    let outside = |value: Option<f64>| value.is_some_and(|value| !(0.0..=1.0).contains(&value));
    if outside(parameters.temperature) {
        return reject(
            "Value at 'inferenceConfig.temperature' failed to satisfy constraint: Member must have value between 0 and 1",
        );
    }
    if outside(parameters.top_p) {
        return reject(
            "Value at 'inferenceConfig.topP' failed to satisfy constraint: Member must have value between 0 and 1",
        );
    }
    Ok(())
}

fn validate_system(request: &Request) -> ValidationResult {
    let is_blank = |block: &SystemContentBlock| matches!(block, SystemContentBlock::Text(text) if text.trim().is_empty());
    match request.system.iter().position(is_blank) {
        Some(index) => reject(format!(
            "system.{index}: text content blocks must contain non-whitespace text"
        )),
        None => Ok(()),
    }
}

fn validate_cache_points(request: &Request) -> ValidationResult {
    let system = request
        .system
        .iter()
        .filter(|block| matches!(block, SystemContentBlock::CachePoint(_)));
    let tools = request.tool_config.iter().flat_map(|config| &config.tools);
    let tools = tools.filter(|tool| matches!(tool, Tool::CachePoint(_)));
    let blocks = request.messages.iter().flat_map(|message| &message.content);
    let blocks = blocks.filter(|block| matches!(block, ContentBlock::CachePoint(_)));
    let count = system.count() + tools.count() + blocks.count();
    if count > MAX_CACHE_POINTS {
        return reject(format!(
            "A maximum of {MAX_CACHE_POINTS} blocks with cache_control may be provided. Found {count}."
        ));
    }
    Ok(())
}
