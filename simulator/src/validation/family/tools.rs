//! Tools, tool choice and identifiers of tool calls.

use crate::{
    conversation::{
        content::ContentBlock,
        request::{Message, Request, ToolChoice},
        target::Operation,
    },
    families::family::{CallIds, Family, ForcedToolChoice, ToolUse},
    validation::result::{ValidationResult, reject},
};

/// Length of a tool use id of Mistral's newer models.
const MISTRAL_ID_CHARACTERS: usize = 9;

pub(super) fn validate(
    request: &Request,
    family: &Family,
    operation: Operation,
) -> ValidationResult {
    let uses_tools =
        request.tool_config.is_some() || request.messages.iter().any(Message::has_tool_blocks);
    match family.tools {
        ToolUse::Unsupported if uses_tools => {
            return reject("This model doesn't support tool use.");
        }
        ToolUse::WithoutStreaming if uses_tools && operation == Operation::ConverseStream => {
            return reject("This model doesn't support tool use in streaming mode.");
        }
        _ => {}
    }
    validate_choice(request, family)?;
    validate_ids(request, family)?;
    let strict = request.body.pointer("/toolConfig/tools");
    let strict = strict.and_then(serde_json::Value::as_array);
    let is_strict = |tool: &serde_json::Value| tool.pointer("/toolSpec/strict").is_some();
    match strict.and_then(|tools| tools.iter().position(is_strict)) {
        Some(index) if !family.structured_output => reject(format!(
            "tools.{index}.custom.strict: Extra inputs are not permitted"
        )),
        _ => Ok(()),
    }
}

fn validate_choice(request: &Request, family: &Family) -> ValidationResult {
    let Some(choice) = request.forced_choice() else {
        return Ok(());
    };
    let thinking_excludes = match family.forced_tool_choice {
        ForcedToolChoice::Accepted => false,
        ForcedToolChoice::WithoutThinking => request.enables_thinking(),
        ForcedToolChoice::WithoutBudget => request.thinking("type") == Some("enabled"),
        ForcedToolChoice::AnyOnly => {
            return match choice {
                ToolChoice::Tool { .. } => reject(unsupported_choice("tool")),
                _ => Ok(()),
            };
        }
        ForcedToolChoice::Rejected if family.reasoning_in_history => {
            return reject(
                "tool_choice: type \"tool\" and \"any\" are not supported for this model",
            );
        }
        ForcedToolChoice::Rejected => {
            let name = if matches!(choice, ToolChoice::Any(_)) {
                "any"
            } else {
                "tool"
            };
            return reject(unsupported_choice(name));
        }
    };
    if thinking_excludes {
        return reject("Thinking may not be enabled when tool_choice forces tool use.");
    }
    Ok(())
}

fn unsupported_choice(name: &str) -> String {
    format!(
        "This model doesn't support the toolConfig.toolChoice.{name} field. Remove toolConfig.toolChoice.{name} and try again."
    )
}

fn validate_ids(request: &Request, family: &Family) -> ValidationResult {
    if family.call_ids != CallIds::NineAlphanumerics {
        return Ok(());
    }
    let blocks = request.messages.iter().flat_map(|message| &message.content);
    let mut ids = blocks.filter_map(|block| match block {
        ContentBlock::ToolUse(call) => Some(&call.tool_use_id),
        ContentBlock::ToolResult(result) => Some(&result.tool_use_id),
        _ => None,
    });
    let is_foreign = |id: &&String| {
        id.len() != MISTRAL_ID_CHARACTERS || !id.chars().all(|c| c.is_ascii_alphanumeric())
    };
    match ids.find(is_foreign) {
        Some(id) => reject(format!(
            "Tool call id was {id} but must be a-z, A-Z, 0-9, with a length of {MISTRAL_ID_CHARACTERS}."
        )),
        None => Ok(()),
    }
}
