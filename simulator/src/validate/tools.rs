//! The tools on offer and the shape of calls and results.

use super::verdict::{Verdict, refuse};
use crate::converse::request::{Block, Request, Role, Tool, ToolChoice};

/// "API_runtime_ToolUseBlock": 1–64 of `[a-zA-Z0-9_.:-]`.
const ID_CHARACTERS: usize = 64;

pub(crate) fn check(request: &Request, model: &str) -> Verdict {
    config(request, model)?;
    let blocks = request.messages.iter().flat_map(|message| &message.content);
    for block in blocks {
        match block {
            Block::ToolUse(call) => {
                id(&call.tool_use_id)?;
                name("toolUse.name", &call.name)?;
                if !call.input.is_object() {
                    return refuse(
                        "The format of the value at toolUse.input is invalid. Provide a json object for the field and try again.",
                    );
                }
            }
            Block::ToolResult(result) => id(&result.tool_use_id)?,
            _ => {}
        }
    }
    misplaced(request)?;
    strict_families(request, model)
}

fn config(request: &Request, model: &str) -> Verdict {
    let Some(config) = &request.tool_config else {
        let used = request
            .messages
            .iter()
            .any(|message| message.calls().next().is_some() || message.results().next().is_some());
        return if used {
            refuse(
                "The toolConfig field must be defined when using toolUse and toolResult content blocks.",
            )
        } else {
            Ok(())
        };
    };
    if config.tools.is_empty() {
        return refuse(
            "Value '[]' at 'toolConfig.tools' failed to satisfy constraint: Member must have length greater than or equal to 1",
        );
    }
    if model.contains("nova")
        && config
            .tools
            .iter()
            .any(|tool| matches!(tool, Tool::CachePoint(_)))
    {
        return refuse(
            "Malformed input request: cachePoint is not supported in toolConfig by this model, please reformat your input and try again.",
        );
    }
    let mut names: Vec<&str> = request.tools().map(|tool| tool.name.as_str()).collect();
    names
        .iter()
        .try_for_each(|tool| name("toolSpec.name", tool))?;
    if request.tools().any(|tool| {
        !tool
            .input_schema
            .get("json")
            .is_some_and(serde_json::Value::is_object)
    }) {
        return refuse(
            "toolConfig.tools: toolSpec.inputSchema.json must be a JSON Schema of type object",
        );
    }
    if let Some(ToolChoice::Tool { name }) = &config.tool_choice
        && !names.contains(&name.as_str())
    {
        return refuse(format!(
            "The tool {name} of toolChoice is not among toolConfig.tools."
        ));
    }
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    if names.len() < count {
        return refuse(
            "The toolConfig contains tools of the same name. Tool names must be unique.",
        );
    }
    Ok(())
}

fn id(id: &str) -> Verdict {
    let known = |c: char| c.is_ascii_alphanumeric() || "_.:-".contains(c);
    if (1..=ID_CHARACTERS).contains(&id.len()) && id.chars().all(known) {
        return Ok(());
    }
    refuse(format!(
        "Value '{id}' at 'toolUseId' failed to satisfy constraint: Member must have length between 1 and {ID_CHARACTERS} \
         and satisfy regular expression pattern: [a-zA-Z0-9_.:-]+"
    ))
}

fn name(path: &str, name: &str) -> Verdict {
    let known = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if (1..=64).contains(&name.len()) && name.chars().all(known) {
        return Ok(());
    }
    refuse(format!(
        "Value '{name}' at '{path}' failed to satisfy constraint: Member must have length between 1 and 64 and satisfy \
         regular expression pattern: [a-zA-Z0-9_-]+"
    ))
}

fn misplaced(request: &Request) -> Verdict {
    for (at, message) in request.messages.iter().enumerate() {
        if message.role != Role::Assistant && message.calls().next().is_some() {
            return refuse(format!(
                "messages.{at}: toolUse blocks can only be in assistant messages"
            ));
        }
        if message.role != Role::User && message.results().next().is_some() {
            return refuse(format!(
                "messages.{at}: toolResult blocks can only be in user messages"
            ));
        }
    }
    Ok(())
}

/// Llama and others are stricter than Claude.
fn strict_families(request: &Request, model: &str) -> Verdict {
    let strict = ["llama", "mistral", "cohere"]
        .iter()
        .any(|family| model.contains(family));
    let mixed = |message: &crate::converse::request::Message| {
        let tools = message.calls().next().is_some() || message.results().next().is_some();
        tools
            && message
                .content
                .iter()
                .any(|block| matches!(block, Block::Text(_)))
    };
    if strict && request.messages.iter().any(mixed) {
        return refuse(
            "Conversation blocks and tool use/result blocks cannot be provided in the same turn.",
        );
    }
    Ok(())
}
