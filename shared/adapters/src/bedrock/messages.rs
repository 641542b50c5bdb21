//! Turns to messages of the SDK.

use aws_sdk_bedrockruntime::error::BuildError;
use aws_sdk_bedrockruntime::primitives::Blob;
use aws_sdk_bedrockruntime::types::{
    CachePointBlock, CachePointType, ContentBlock, ConversationRole, Message,
    ReasoningContentBlock, ReasoningTextBlock, ToolResultBlock, ToolResultContentBlock,
    ToolResultStatus, ToolUseBlock,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use longwire_agent::model::{Part, Turn};
use longwire_core::ids::CallId;
use longwire_core::message::Role;

use crate::bedrock::document::document;
use crate::bedrock::family::Family;

/// Converts turns one to one.
pub(super) fn messages(turns: Vec<Turn>, family: &Family) -> Result<Vec<Message>, BuildError> {
    turns
        .into_iter()
        .map(|turn| message(turn, family))
        .collect()
}

fn message(turn: Turn, family: &Family) -> Result<Message, BuildError> {
    let role = match turn.role {
        Role::User => ConversationRole::User,
        Role::Assistant => ConversationRole::Assistant,
    };
    let parts = turn.parts.into_iter();
    let blocks = parts
        .map(|part| block(part, family))
        .collect::<Result<_, _>>()?;
    Message::builder()
        .role(role)
        .set_content(Some(blocks))
        .build()
}

fn block(part: Part, family: &Family) -> Result<ContentBlock, BuildError> {
    Ok(match part {
        Part::Text(text) => ContentBlock::Text(text),
        Part::Reasoning { text, signature } => {
            ContentBlock::ReasoningContent(reasoning(text, signature)?)
        }
        Part::RedactedReasoning(data) => ContentBlock::ReasoningContent(redacted(&data)?),
        Part::ToolCall { id, name, input } => {
            let call = ToolUseBlock::builder().tool_use_id(id.as_str()).name(name);
            ContentBlock::ToolUse(call.input(document(&input)).build()?)
        }
        Part::ToolResult { id, error, text } => {
            ContentBlock::ToolResult(result(&id, error, text, family)?)
        }
        Part::CachePoint => ContentBlock::CachePoint(cache_point()?),
    })
}

fn reasoning(text: String, signature: Option<String>) -> Result<ReasoningContentBlock, BuildError> {
    let block = ReasoningTextBlock::builder()
        .text(text)
        .set_signature(signature);
    Ok(ReasoningContentBlock::ReasoningText(block.build()?))
}

fn redacted(data: &str) -> Result<ReasoningContentBlock, BuildError> {
    let bytes = BASE64.decode(data).map_err(BuildError::other)?;
    Ok(ReasoningContentBlock::RedactedContent(Blob::new(bytes)))
}

fn result(
    id: &CallId,
    error: bool,
    text: String,
    family: &Family,
) -> Result<ToolResultBlock, BuildError> {
    let status = match error {
        true => ToolResultStatus::Error,
        false => ToolResultStatus::Success,
    };
    ToolResultBlock::builder()
        .tool_use_id(id.as_str())
        .content(ToolResultContentBlock::Text(text))
        .set_status(family.result_status.then_some(status))
        .build()
}

/// Makes a cache point with the default time to live, five minutes since the last hit.
pub(super) fn cache_point() -> Result<CachePointBlock, BuildError> {
    CachePointBlock::builder()
        .r#type(CachePointType::Default)
        .build()
}
