//! Limits of the parts around the messages.

use super::verdict::{Verdict, refuse};
use crate::converse::request::{Block, Request, SystemBlock, Tool};

/// "API_runtime_ConverseStream", requestMetadata.
const LABELS: usize = 16;
const LABEL_CHARACTERS: usize = 256;
/// "prompt-caching".
const CACHE_POINTS: usize = 4;

pub(crate) fn check(request: &Request) -> Verdict {
    labels(request)?;
    inference(request)?;
    system(request)?;
    cache_points(request)
}

fn labels(request: &Request) -> Verdict {
    let Some(labels) = &request.request_metadata else {
        return Ok(());
    };
    if labels.len() > LABELS {
        return refuse(format!(
            "Value at 'requestMetadata' failed to satisfy constraint: Member must have length less than or equal to {LABELS}"
        ));
    }
    for (key, value) in labels {
        if key.is_empty() || !is_label(key) {
            return refuse(constraint("key", key, 1));
        }
        if !is_label(value) {
            return refuse(constraint("value", value, 0));
        }
    }
    Ok(())
}

/// `[a-zA-Z0-9\s:_@$#=/+,-.]`, at most 256.
fn is_label(text: &str) -> bool {
    let known =
        |c: char| c.is_ascii_alphanumeric() || c.is_ascii_whitespace() || ":_@$#=/+,-.".contains(c);
    text.chars().count() <= LABEL_CHARACTERS && text.chars().all(known)
}

fn constraint(part: &str, text: &str, least: usize) -> String {
    format!(
        "Value '{text}' at 'requestMetadata' failed to satisfy constraint: Map {part} must satisfy constraint: \
         [Member must have length less than or equal to {LABEL_CHARACTERS}, Member must have length greater than or \
         equal to {least}, Member must satisfy regular expression pattern: [a-zA-Z0-9\\s:_@$#=/+,-.]*]"
    )
}

fn inference(request: &Request) -> Verdict {
    let Some(limits) = &request.inference_config else {
        return Ok(());
    };
    if limits.max_tokens.is_some_and(|tokens| tokens < 1) {
        return refuse(
            "Value at 'inferenceConfig.maxTokens' failed to satisfy constraint: Member must have value greater than \
             or equal to 1",
        );
    }
    let outside = |value: Option<f64>| value.is_some_and(|value| !(0.0..=1.0).contains(&value));
    if outside(limits.temperature) {
        return refuse(
            "Value at 'inferenceConfig.temperature' failed to satisfy constraint: Member must have value between 0 and 1",
        );
    }
    if outside(limits.top_p) {
        return refuse(
            "Value at 'inferenceConfig.topP' failed to satisfy constraint: Member must have value between 0 and 1",
        );
    }
    Ok(())
}

fn system(request: &Request) -> Verdict {
    let blank =
        |block: &SystemBlock| matches!(block, SystemBlock::Text(text) if text.trim().is_empty());
    match request.system.iter().position(blank) {
        Some(at) => refuse(format!(
            "system.{at}: text content blocks must contain non-whitespace text"
        )),
        None => Ok(()),
    }
}

fn cache_points(request: &Request) -> Verdict {
    let system = request
        .system
        .iter()
        .filter(|block| matches!(block, SystemBlock::CachePoint(_)));
    let tools = request.tool_config.iter().flat_map(|config| &config.tools);
    let tools = tools.filter(|tool| matches!(tool, Tool::CachePoint(_)));
    let blocks = request.messages.iter().flat_map(|message| &message.content);
    let blocks = blocks.filter(|block| matches!(block, Block::CachePoint(_)));
    let count = system.count() + tools.count() + blocks.count();
    if count > CACHE_POINTS {
        return refuse(format!(
            "A maximum of {CACHE_POINTS} blocks with cache_control may be provided. Found {count}."
        ));
    }
    Ok(())
}
