//! What clients say: one closed set of messages, read from a frame's text (docs/protocol.md sections 3 and 6).
//!
//! Unknown fields are ignored, `null` is the same as absent, and of a repeated key the last one counts, as
//! in a browser's `JSON.parse`.

pub mod cancel;
pub mod fields;
pub mod hello;
pub mod history;
pub mod options;
pub mod ping;
pub mod prompt;
pub mod resume;
pub mod tools;

use serde::Deserialize;
use serde_json::Value;

use crate::response::error::{Code, ErrorResponse};
use cancel::Cancel;
use fields::{invalid, too_large};
use hello::Hello;
use history::History;
use longwire_core::ids::{RunId, ThreadId};
use longwire_core::shape::Format;
use ping::Ping;
use prompt::Prompt;
use resume::Resume;

/// The longest message, in bytes of UTF-8: one frame of API Gateway ("Quotas for WebSocket APIs").
pub const MAX_MESSAGE_BYTES: usize = 32 * 1024;

/// The longest prompt, in bytes of UTF-8.
pub const MAX_PROMPT_BYTES: usize = 24 * 1024;

/// The longest `id` of a message, in characters.
pub const MAX_ID_CHARS: usize = 64;

/// How much of an unknown action's name is told back, in characters.
const MAX_TOLD_CHARS: usize = 64;

/// A message with what belongs to any of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Its id, for the answer.
    pub id: Option<String>,
    /// The shape of what it causes, when it asks for another than its connection has.
    pub format: Option<Format>,
    /// What it wants.
    pub message: ClientMessage,
}

/// What a client wants.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientMessage {
    /// To know whom it talks to.
    Hello(Hello),
    /// An answer.
    Prompt(Prompt),
    /// A run to stop.
    Cancel(Cancel),
    /// A run's lines, from a place on.
    Resume(Resume),
    /// What was said before.
    History(History),
    /// To know that the line is alive.
    Ping(Ping),
}

/// Why a message was refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The answer.
    pub error: ErrorResponse,
    /// The shape the message asked for, when that much could be read.
    pub format: Option<Format>,
}

/// Reads a frame's text.
pub fn parse(body: &str) -> Result<Request, Refusal> {
    // Some editors and languages put a byte-order mark before their JSON.
    let body = body.strip_prefix('\u{feff}').unwrap_or(body);
    if !body.trim_start().starts_with(['{', '[']) {
        return plain(body);
    }
    let json: Result<Value, _> = serde_json::from_str(body);
    let read = match &json {
        _ if body.len() > MAX_MESSAGE_BYTES => Err(too_large("the message", MAX_MESSAGE_BYTES)),
        Ok(value) => request(value),
        Err(error) => Err(ErrorResponse::new(
            Code::InvalidJson,
            format!("The message is not JSON: {error}."),
        )),
    };
    read.map_err(|error| Echo::of(json.as_ref().unwrap_or(&Value::Null)).refusal(error))
}

/// A text that is no JSON is a prompt as it stands.
fn plain(body: &str) -> Result<Request, Refusal> {
    let prompt = Prompt::plain(body);
    let message = prompt.map(ClientMessage::Prompt).map_err(|error| Refusal {
        error,
        format: None,
    })?;
    Ok(Request {
        id: None,
        format: None,
        message,
    })
}

fn request(value: &Value) -> Result<Request, ErrorResponse> {
    if !value.is_object() {
        return Err(invalid("The message must be a JSON object, or plain text."));
    }
    let envelope = Envelope::read(value)?;
    let message = match envelope.action(value)? {
        Action::Hello => ClientMessage::Hello(Hello::read(value)?),
        Action::Prompt => ClientMessage::Prompt(Prompt::read(value)?),
        Action::Cancel => ClientMessage::Cancel(Cancel::read(value)?),
        Action::Resume => ClientMessage::Resume(Resume::read(value)?),
        Action::History => ClientMessage::History(History::read(value)?),
        Action::Ping => ClientMessage::Ping(Ping::read(value)?),
    };
    Ok(Request {
        format: envelope.format()?,
        id: envelope.id,
        message,
    })
}

enum Action {
    Hello,
    Prompt,
    Cancel,
    Resume,
    History,
    Ping,
}

/// The fields of any message.
#[derive(Debug, Default, Deserialize)]
struct Envelope {
    id: Option<String>,
    action: Option<String>,
    format: Option<String>,
    response: Option<String>,
}

impl Envelope {
    fn read(value: &Value) -> Result<Self, ErrorResponse> {
        let envelope: Self = fields::read(value)?;
        match &envelope.id {
            Some(id) if id.chars().count() > MAX_ID_CHARS => Err(invalid(format!(
                "`id` must have at most {MAX_ID_CHARS} characters."
            ))),
            _ => Ok(envelope),
        }
    }

    /// The action, or what a message without one can only mean.
    fn action(&self, value: &Value) -> Result<Action, ErrorResponse> {
        let has = |field| {
            value
                .get(field)
                .is_some_and(|value: &Value| !value.is_null())
        };
        match self.action.as_deref() {
            Some("hello") => Ok(Action::Hello),
            Some("prompt" | "sendMessage") => Ok(Action::Prompt),
            Some("cancel") => Ok(Action::Cancel),
            Some("resume") => Ok(Action::Resume),
            Some("history") => Ok(Action::History),
            Some("ping") => Ok(Action::Ping),
            Some(other) => Err(unknown(other)),
            None if has("prompt") || has("message") || has("storyType") => Ok(Action::Prompt),
            None if has("messages") => Err(unknown("run")),
            None => Err(invalid("`action` is missing, and so is `prompt`.")),
        }
    }

    fn format(&self) -> Result<Option<Format>, ErrorResponse> {
        if let Some(name) = &self.format {
            return Format::parse(name).map(Some).ok_or_else(unsupported_format);
        }
        match self.response.as_deref() {
            None => Ok(None),
            Some("original") => Ok(Some(Format::Bedrock)),
            Some("transformed") => Ok(Some(Format::Text)),
            Some(_) => Err(ErrorResponse::new(
                Code::UnsupportedFormat,
                "`response` must be \"original\" or \"transformed\".",
            )),
        }
    }
}

fn unknown(action: &str) -> ErrorResponse {
    let told: String = action.chars().take(MAX_TOLD_CHARS).collect();
    let known = "hello, prompt, cancel, resume, history and ping";
    ErrorResponse::new(
        Code::UnknownAction,
        format!("There is no `action` {told:?} here; there are {known}."),
    )
}

/// The answer to a format nobody knows.
pub fn unsupported_format() -> ErrorResponse {
    let known: Vec<_> = Format::ALL.iter().map(|format| format.name()).collect();
    ErrorResponse::new(
        Code::UnsupportedFormat,
        format!("`format` must be one of {}.", known.join(", ")),
    )
}

/// What can be told back of a message that was refused.
struct Echo<'a>(&'a Value);

impl<'a> Echo<'a> {
    fn of(value: &'a Value) -> Self {
        Self(value)
    }

    fn text(&self, field: &str) -> Option<&'a str> {
        self.0.get(field).and_then(Value::as_str)
    }

    fn refusal(&self, error: ErrorResponse) -> Refusal {
        let id = self
            .text("id")
            .filter(|id| id.chars().count() <= MAX_ID_CHARS);
        let thread = ["threadId", "sessionId", "runtimeSessionId"]
            .into_iter()
            .find_map(|f| self.text(f));
        let envelope = Envelope {
            format: self.text("format").map(str::to_owned),
            response: self.text("response").map(str::to_owned),
            ..Envelope::default()
        };
        Refusal {
            error: ErrorResponse {
                id: id.map(str::to_owned),
                thread_id: thread.and_then(|name| ThreadId::parse(name).ok()),
                run_id: self.text("runId").and_then(|name| RunId::parse(name).ok()),
                ..error
            },
            format: envelope.format().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests;
