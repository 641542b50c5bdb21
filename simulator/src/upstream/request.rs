//! Conversion of a Bedrock request to a chat completion request.

use serde_json::{Value, json};

use super::client::Client;
use crate::{
    conversation::{
        content::ContentBlock,
        request::{Message, Request, Role, SystemContentBlock, ToolChoice, ToolSpecification},
    },
    rules,
};

/// Default of `max_tokens`. Without it servers apply limits of their own.
const DEFAULT_MAX_TOKENS: i64 = 1_024;

/// Returns the body of the chat completion request.
pub(crate) fn body(client: &Client, model: &str, request: &Request) -> Value {
    let parameters = request.inference_config.clone().unwrap_or_default();
    let messages = request.messages.iter().flat_map(message);
    let messages: Vec<Value> = system(request).into_iter().chain(messages).collect();
    let mut body = json!({
        "model": client.model(model),
        "messages": messages,
        "stream": true,
        "stream_options": { "include_usage": true },
        "max_tokens": parameters.max_tokens.unwrap_or(DEFAULT_MAX_TOKENS),
    });
    if let Some(temperature) = parameters.temperature {
        body["temperature"] = temperature.into();
    }
    if let Some(top_p) = parameters.top_p {
        body["top_p"] = top_p.into();
    }
    let tools: Vec<Value> = request.tools().map(tool).collect();
    if !tools.is_empty() {
        body["tools"] = tools.into();
        if let Some(choice) = tool_choice(client, request) {
            body["tool_choice"] = choice;
        }
    }
    body
}

fn system(request: &Request) -> Option<Value> {
    let texts: Vec<&str> = request
        .system
        .iter()
        .filter_map(|block| match block {
            SystemContentBlock::Text(text) => Some(text.as_str()),
            SystemContentBlock::CachePoint(_) | SystemContentBlock::GuardContent(_) => None,
        })
        .collect();
    (!texts.is_empty()).then(|| json!({ "role": "system", "content": texts.join("\n\n") }))
}

/// Converts a message. Content is always a string and never null, because small servers accept nothing else.
fn message(message: &Message) -> Vec<Value> {
    let text = text(message);
    match message.role {
        Role::System => Vec::new(),
        Role::Assistant => {
            let mut converted = json!({ "role": "assistant", "content": text });
            let calls: Vec<Value> = message
                .calls()
                .map(|call| {
                    let function =
                        json!({ "name": call.name, "arguments": call.input.to_string() });
                    json!({ "id": call.tool_use_id, "type": "function", "function": function })
                })
                .collect();
            if !calls.is_empty() {
                converted["tool_calls"] = calls.into();
            }
            vec![converted]
        }
        Role::User => {
            let results = message.results();
            let mut converted: Vec<Value> = results
                .map(|result| json!({ "role": "tool", "tool_call_id": result.tool_use_id, "content": result.text() }))
                .collect();
            if !text.is_empty() {
                converted.push(json!({ "role": "user", "content": text }));
            }
            converted
        }
    }
}

fn text(message: &Message) -> String {
    let texts = message.content.iter().filter_map(|block| match block {
        ContentBlock::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

fn tool(tool: &ToolSpecification) -> Value {
    let parameters = tool
        .input_schema
        .get("json")
        .cloned()
        .unwrap_or_else(|| json!({ "type": "object" }));
    let description = tool.description.clone().unwrap_or_default();
    json!({ "type": "function", "function": { "name": tool.name, "description": description, "parameters": parameters } })
}

/// Converts the tool choice. With `force_tools`, the tool that the rules would call replaces `auto`.
fn tool_choice(client: &Client, request: &Request) -> Option<Value> {
    let function = |name: &str| json!({ "type": "function", "function": { "name": name } });
    match request
        .tool_config
        .as_ref()
        .and_then(|config| config.tool_choice.as_ref())
    {
        Some(ToolChoice::Any(_)) => Some(json!("required")),
        Some(ToolChoice::Tool { name }) => Some(function(name)),
        Some(ToolChoice::Auto(_)) | None => {
            let forced = client.force_tools && request.completed_calls().is_empty();
            forced
                .then(|| rules::calls::requested(request))
                .and_then(|calls| Some(function(&calls.first()?.name)))
        }
    }
}
