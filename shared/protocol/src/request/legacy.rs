//! Shorthands of older clients: plain text in place of JSON, and other names of actions and fields
//! (docs/protocol.md section 3). A field counts under its present name when it is there under several.

use longwire_core::ids::ThreadId;
use longwire_core::shape::Format;

use crate::request::fields::Fields;
use crate::request::text::{MAX_PROMPT_BYTES, check_text};
use crate::response::error::{Code, ErrorResponse, invalid, unsupported_format};

/// Names of the field `threadId`, the present one first.
pub(super) const THREAD_ID: [&str; 3] = ["threadId", "sessionId", "runtimeSessionId"];

/// Fields with the text of a prompt, the present one first.
const PROMPT: [&str; 3] = ["prompt", "message", "storyType"];

/// Longest `storyType`, in characters.
const MAX_STORY_TYPE_CHARS: usize = 64;

/// Tells whether a frame is plain text: it does not begin like a JSON object or array.
pub(super) fn is_plain_text(body: &str) -> bool {
    !body.trim_start().starts_with(['{', '['])
}

/// Reads the name of the action. `sendMessage` is `prompt`. A request without `action` is recognised by a field that
/// only one action has.
pub(super) fn action<'a>(fields: &Fields<'a>) -> Result<&'a str, ErrorResponse> {
    let has_text = || PROMPT.iter().any(|field| fields.has(field));
    match fields.text("action")? {
        Some("sendMessage") => Ok("prompt"),
        Some(action) => Ok(action),
        None if has_text() => Ok("prompt"),
        None if fields.has("messages") => Ok("run"),
        None => Err(invalid("`action` is missing, and so is `prompt`.")),
    }
}

/// Reads `format`, or `response`: `original` is `bedrock` and `transformed` is `text`.
pub(super) fn format(fields: &Fields<'_>) -> Result<Option<Format>, ErrorResponse> {
    match (fields.text("format")?, fields.text("response")?) {
        (Some(name), _) => Format::parse(name).map(Some).ok_or_else(unsupported_format),
        (None, Some("original")) => Ok(Some(Format::Bedrock)),
        (None, Some("transformed")) => Ok(Some(Format::Text)),
        (None, Some(_)) => Err(ErrorResponse::new(
            Code::UnsupportedFormat,
            "`response` must be \"original\" or \"transformed\".",
        )),
        (None, None) => Ok(None),
    }
}

/// Reads `threadId`, `sessionId` or `runtimeSessionId`.
pub(super) fn thread_id(fields: &Fields<'_>) -> Result<Option<ThreadId>, ErrorResponse> {
    for field in THREAD_ID {
        fields.text(field)?;
    }
    let given = THREAD_ID.into_iter().find(|field| fields.has(field));
    given.map_or(Ok(None), |field| fields.id(field, ThreadId::parse))
}

/// Reads `prompt`, `message`, or the `storyType` of a prompt that asks for a story.
pub(super) fn prompt(fields: &Fields<'_>) -> Result<String, ErrorResponse> {
    let [prompt, message, story_type] = PROMPT.map(|field| fields.text(field));
    match (prompt?, message?, story_type?) {
        (Some(prompt), _, _) => check_text("prompt", prompt, MAX_PROMPT_BYTES),
        (None, Some(message), _) => check_text("message", message, MAX_PROMPT_BYTES),
        (None, None, Some(story_type)) => story(story_type),
        (None, None, None) => Err(invalid("`prompt` is missing.")),
    }
}

fn story(story_type: &str) -> Result<String, ErrorResponse> {
    let kind = story_type.trim().to_lowercase();
    if kind.is_empty() || kind.chars().count() > MAX_STORY_TYPE_CHARS {
        let message = format!("`storyType` must be 1 to {MAX_STORY_TYPE_CHARS} characters.");
        return Err(invalid(message));
    }
    Ok(format!("Tell me a short story about {kind}."))
}
