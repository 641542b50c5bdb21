//! Rules for the tools on offer and for the members of tool calls and results.

use super::result::{ValidationResult, reject};
use crate::conversation::{
    content::ContentBlock,
    request::{Message, Request, Role, ToolChoice, ToolConfiguration},
};

/// Maximum length of a tool use id ("API_runtime_ToolUseBlock").
const MAX_ID_CHARACTERS: usize = 64;

pub(crate) fn validate(request: &Request) -> ValidationResult {
    validate_configuration(request)?;
    let blocks = request.messages.iter().flat_map(|message| &message.content);
    for block in blocks {
        match block {
            ContentBlock::ToolUse(call) => {
                validate_id(&call.tool_use_id)?;
                validate_name("toolUse.name", &call.name)?;
                if !call.input.is_object() {
                    return reject(
                        "The format of the value at toolUse.input is invalid. Provide a json object for the field and try again.",
                    );
                }
            }
            ContentBlock::ToolResult(result) => validate_id(&result.tool_use_id)?,
            _ => {}
        }
    }
    validate_roles(request)
}

fn validate_configuration(request: &Request) -> ValidationResult {
    let Some(config) = &request.tool_config else {
        return if request.messages.iter().any(Message::has_tool_blocks) {
            reject(
                "The toolConfig field must be defined when using toolUse and toolResult content blocks.",
            )
        } else {
            Ok(())
        };
    };
    if config.tools.is_empty() {
        return reject(
            "Value '[]' at 'toolConfig.tools' failed to satisfy constraint: Member must have length greater than or equal to 1",
        );
    }
    validate_specifications(request, config)
}

fn validate_specifications(request: &Request, config: &ToolConfiguration) -> ValidationResult {
    let mut names: Vec<&str> = request.tools().map(|tool| tool.name.as_str()).collect();
    names
        .iter()
        .try_for_each(|tool| validate_name("toolSpec.name", tool))?;
    if request.tools().any(|tool| {
        !tool
            .input_schema
            .get("json")
            .is_some_and(serde_json::Value::is_object)
    }) {
        return reject(
            "toolConfig.tools: toolSpec.inputSchema.json must be a JSON Schema of type object",
        );
    }
    if let Some(ToolChoice::Tool { name }) = &config.tool_choice
        && !names.contains(&name.as_str())
    {
        return reject(format!(
            "The tool {name} of toolChoice is not among toolConfig.tools."
        ));
    }
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    if names.len() < count {
        return reject(
            "The toolConfig contains tools of the same name. Tool names must be unique.",
        );
    }
    Ok(())
}

fn validate_id(id: &str) -> ValidationResult {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_.:-".contains(c);
    if (1..=MAX_ID_CHARACTERS).contains(&id.len()) && id.chars().all(allowed) {
        return Ok(());
    }
    reject(format!(
        "Value '{id}' at 'toolUseId' failed to satisfy constraint: Member must have length between 1 and {MAX_ID_CHARACTERS} \
         and satisfy regular expression pattern: [a-zA-Z0-9_.:-]+"
    ))
}

fn validate_name(path: &str, name: &str) -> ValidationResult {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if (1..=64).contains(&name.len()) && name.chars().all(allowed) {
        return Ok(());
    }
    reject(format!(
        "Value '{name}' at '{path}' failed to satisfy constraint: Member must have length between 1 and 64 and satisfy \
         regular expression pattern: [a-zA-Z0-9_-]+"
    ))
}

fn validate_roles(request: &Request) -> ValidationResult {
    for (index, message) in request.messages.iter().enumerate() {
        if message.role != Role::Assistant && message.calls().next().is_some() {
            return reject(format!(
                "messages.{index}: toolUse blocks can only be in assistant messages"
            ));
        }
        if message.role != Role::User && message.results().next().is_some() {
            return reject(format!(
                "messages.{index}: toolResult blocks can only be in user messages"
            ));
        }
    }
    Ok(())
}
