//! A Bedrock request in an OpenAI-compatible server's words.

use serde_json::{Value, json};

use super::client::Client;
use crate::{
    converse::request::{Block, Message, Request, Role, SystemBlock, ToolChoice, ToolSpec},
    script,
};

/// Servers cut answers short at limits of their own unless told.
const MAX_TOKENS: i64 = 1_024;

/// The body to send.
pub(crate) fn body(client: &Client, model: &str, request: &Request) -> Value {
    let limits = request.inference_config.clone().unwrap_or_default();
    let mut body = json!({
        "model": client.model(model),
        "messages": system(request).into_iter().chain(request.messages.iter().flat_map(message)).collect::<Vec<_>>(),
        "stream": true,
        "stream_options": { "include_usage": true },
        "max_tokens": limits.max_tokens.unwrap_or(MAX_TOKENS),
    });
    let optional = [
        ("temperature", limits.temperature.map(Value::from)),
        ("top_p", limits.top_p.map(Value::from)),
    ];
    let tools: Vec<Value> = request.tools().map(tool).collect();
    let tools = (!tools.is_empty()).then(|| ("tools", tools.into()));
    let choice = tools
        .is_some()
        .then(|| choice(client, request))
        .flatten()
        .map(|choice| ("tool_choice", choice));
    for (name, value) in optional
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .chain(tools)
        .chain(choice)
    {
        body[name] = value;
    }
    body
}

fn system(request: &Request) -> Option<Value> {
    let texts: Vec<&str> = request
        .system
        .iter()
        .filter_map(|block| match block {
            SystemBlock::Text(text) => Some(text.as_str()),
            SystemBlock::CachePoint(_) | SystemBlock::GuardContent(_) => None,
        })
        .collect();
    (!texts.is_empty()).then(|| json!({ "role": "system", "content": texts.join("\n\n") }))
}

/// Content is always one string and never null: small servers take nothing else.
fn message(message: &Message) -> Vec<Value> {
    let text = text(message);
    match message.role {
        Role::System => Vec::new(),
        Role::Assistant => {
            let mut said = json!({ "role": "assistant", "content": text });
            let calls: Vec<Value> = message
                .calls()
                .map(|call| {
                    let function =
                        json!({ "name": call.name, "arguments": call.input.to_string() });
                    json!({ "id": call.tool_use_id, "type": "function", "function": function })
                })
                .collect();
            if !calls.is_empty() {
                said["tool_calls"] = calls.into();
            }
            vec![said]
        }
        Role::User => {
            let results = message.results();
            let mut said: Vec<Value> = results
                .map(|result| json!({ "role": "tool", "tool_call_id": result.tool_use_id, "content": result.text() }))
                .collect();
            if !text.is_empty() {
                said.push(json!({ "role": "user", "content": text }));
            }
            said
        }
    }
}

fn text(message: &Message) -> String {
    let texts = message.content.iter().filter_map(|block| match block {
        Block::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

fn tool(tool: &ToolSpec) -> Value {
    let parameters = tool
        .input_schema
        .get("json")
        .cloned()
        .unwrap_or_else(|| json!({ "type": "object" }));
    let description = tool.description.clone().unwrap_or_default();
    json!({ "type": "function", "function": { "name": tool.name, "description": description, "parameters": parameters } })
}

/// What the caller chose; else, where that is set, the tool that the rules would call.
fn choice(client: &Client, request: &Request) -> Option<Value> {
    let one = |name: &str| json!({ "type": "function", "function": { "name": name } });
    match request
        .tool_config
        .as_ref()
        .and_then(|config| config.tool_choice.as_ref())
    {
        Some(ToolChoice::Any(_)) => Some(json!("required")),
        Some(ToolChoice::Tool { name }) => Some(one(name)),
        Some(ToolChoice::Auto(_)) | None => {
            let forced = client.force_tools && request.answered().is_empty();
            forced
                .then(|| script::calls::wanted(request))
                .and_then(|calls| Some(one(&calls.first()?.name)))
        }
    }
}
