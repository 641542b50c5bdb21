//! Messages and tools in the types of the SDK.

use aws_sdk_bedrockruntime::types::{
    ContentBlock, ConversationRole, Message, ReasoningContentBlock, ReasoningTextBlock, Tool,
    ToolConfiguration, ToolInputSchema, ToolResultBlock, ToolResultContentBlock, ToolResultStatus,
    ToolSpecification,
};
use aws_smithy_types::{Document, Number};
use serde_json::Value;

pub(crate) fn reasoning(text: &str, signature: &str) -> ContentBlock {
    let block = ReasoningTextBlock::builder()
        .text(text)
        .signature(signature)
        .build()
        .unwrap();
    ContentBlock::ReasoningContent(ReasoningContentBlock::ReasoningText(block))
}

pub(crate) fn user_message(text: &str) -> Message {
    let text = ContentBlock::Text(text.to_owned());
    Message::builder()
        .role(ConversationRole::User)
        .content(text)
        .build()
        .unwrap()
}

pub(crate) fn tool_result(id: &str, text: &str) -> ContentBlock {
    ContentBlock::ToolResult(tool_result_block(id, text, ToolResultStatus::Success))
}

pub(crate) fn failed_tool_result(id: &str, text: &str) -> ContentBlock {
    ContentBlock::ToolResult(tool_result_block(id, text, ToolResultStatus::Error))
}

fn tool_result_block(id: &str, text: &str, status: ToolResultStatus) -> ToolResultBlock {
    let content = ToolResultContentBlock::Text(text.to_owned());
    ToolResultBlock::builder()
        .tool_use_id(id)
        .content(content)
        .status(status)
        .build()
        .unwrap()
}

/// Returns the four tools that the rule-based model has rules for.
pub(crate) fn tool_configuration() -> ToolConfiguration {
    let tools = ["get_weather", "kb_lookup", "current_time", "top_song"].map(|name| {
        let schema = document(&serde_json::json!({ "type": "object" }));
        let tool = ToolSpecification::builder()
            .name(name)
            .input_schema(ToolInputSchema::Json(schema))
            .build()
            .unwrap();
        Tool::ToolSpec(tool)
    });
    ToolConfiguration::builder()
        .set_tools(Some(tools.into()))
        .build()
        .unwrap()
}

/// Converts JSON to the SDK's document type; supports only the values that these tests send.
pub(crate) fn document(json: &Value) -> Document {
    match json {
        Value::Object(fields) => Document::Object(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), document(value)))
                .collect(),
        ),
        Value::String(text) => Document::String(text.clone()),
        Value::Number(number) => Document::Number(Number::PosInt(number.as_u64().unwrap())),
        Value::Null => Document::Object(Default::default()),
        other => panic!("{other}"),
    }
}
