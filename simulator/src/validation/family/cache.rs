//! Cache points ("prompt-caching").

use serde_json::Value;

use crate::{
    conversation::{
        content::ContentBlock,
        request::{Message, Request, SystemContentBlock, Tool},
    },
    families::family::Family,
    validation::result::{ValidationResult, reject},
};

pub(super) fn validate(request: &Request, family: &Family) -> ValidationResult {
    let places = family.cache_points;
    let tools = request.tool_config.iter().flat_map(|config| &config.tools);
    for (index, tool) in tools.enumerate() {
        if let Tool::CachePoint(point) = tool {
            check(
                &format!("toolConfig/tools/{index}"),
                point,
                places.tools,
                family,
            )?;
        }
    }
    for (index, block) in request.system.iter().enumerate() {
        if let SystemContentBlock::CachePoint(point) = block {
            check(&format!("system/{index}"), point, places.system, family)?;
        }
    }
    for (index, message) in request.messages.iter().enumerate() {
        validate_message(index, message, family)?;
    }
    Ok(())
}

fn validate_message(index: usize, message: &Message, family: &Family) -> ValidationResult {
    let places = family.cache_points;
    let accepted = places.messages && (places.beside_tool_blocks || !message.has_tool_blocks());
    for (block_index, block) in message.content.iter().enumerate() {
        if let ContentBlock::CachePoint(point) = block {
            let path = format!("messages/{index}/content/{block_index}");
            check(&path, point, accepted, family)?;
        }
    }
    Ok(())
}

fn check(path: &str, point: &Value, accepted: bool, family: &Family) -> ValidationResult {
    if !accepted {
        return reject(extraneous(path, "cachePoint"));
    }
    match point.get("ttl").and_then(Value::as_str) {
        Some("1h") if !family.cache_points.one_hour => {
            reject(extraneous(&format!("{path}/cachePoint"), "ttl"))
        }
        None | Some("5m" | "1h") => Ok(()),
        Some(ttl) => reject(format!(
            "Value '{ttl}' at '{path}/cachePoint/ttl' failed to satisfy constraint: Member must satisfy enum value set: [5m, 1h]"
        )),
    }
}

/// Returns the message for a member that the model does not know.
pub(super) fn extraneous(path: &str, key: &str) -> String {
    format!(
        "Malformed input request: #/{path}: extraneous key [{key}] is not permitted, please reformat your input and try again."
    )
}
