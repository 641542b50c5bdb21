//! `prompt`, in each of its forms: an answer is wanted.

use serde::Deserialize;
use serde_json::Value;

use crate::request::fields;
use crate::request::fields::{invalid, too_large};
use crate::request::options::Options;
use crate::request::{MAX_PROMPT_BYTES, tools};
use crate::response::error::ErrorResponse;
use longwire_core::ids::{MessageId, RunId, ThreadId};
use longwire_core::run::Context;

/// The longest `storyType`, in characters.
const MAX_STORY_TYPE: usize = 64;

/// An answer is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// On this thread; absent: the connection's.
    pub thread_id: Option<ThreadId>,
    /// The run's name, when the client wants to be able to repeat the start.
    pub run_id: Option<RunId>,
    /// The name of the user's message.
    pub message_id: Option<MessageId>,
    /// What the user says, at most [`MAX_PROMPT_BYTES`], and not blank.
    pub prompt: String,
    /// What the model shall know besides.
    pub context: Vec<Context>,
    /// How the run shall go.
    pub options: Options,
}

/// The names in a message. A thread has two older names.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Names {
    thread_id: Option<String>,
    session_id: Option<String>,
    runtime_session_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    prompt: Option<String>,
    message: Option<String>,
    story_type: Option<String>,
    run_id: Option<String>,
    message_id: Option<String>,
    #[serde(rename = "supersede")]
    _supersede: Option<bool>,
}

impl Names {
    pub(super) fn read(value: &Value) -> Result<Self, ErrorResponse> {
        fields::read(value)
    }

    pub(super) fn thread(self) -> Result<Option<ThreadId>, ErrorResponse> {
        let named = [
            ("threadId", self.thread_id),
            ("sessionId", self.session_id),
            ("runtimeSessionId", self.runtime_session_id),
        ];
        let given = named.into_iter().find(|(_, name)| name.is_some());
        let (field, name) = given.unwrap_or_default();
        fields::name(field, name, ThreadId::parse)
    }
}

impl Prompt {
    /// A text that is no JSON.
    pub fn plain(text: &str) -> Result<Self, ErrorResponse> {
        Ok(Self {
            thread_id: None,
            run_id: None,
            message_id: None,
            prompt: words("prompt", text.to_owned())?,
            context: Vec::new(),
            options: Options::default(),
        })
    }

    /// Reads one. `supersede` has nothing to act on, because no run ever waits for its client yet.
    pub fn read(value: &Value) -> Result<Self, ErrorResponse> {
        let raw: Raw = fields::read(value)?;
        let options = Options::read(value)?;
        let context = tools::context(value)?;
        tools::check(value)?;
        Ok(Self {
            thread_id: Names::read(value)?.thread()?,
            run_id: fields::name("runId", raw.run_id.clone(), RunId::parse)?,
            message_id: fields::name("messageId", raw.message_id.clone(), MessageId::parse)?,
            prompt: raw.words()?,
            context,
            options,
        })
    }
}

impl Raw {
    fn words(self) -> Result<String, ErrorResponse> {
        match (self.prompt, self.message, self.story_type) {
            (Some(prompt), _, _) => words("prompt", prompt),
            (None, Some(message), _) => words("message", message),
            (None, None, Some(kind)) => story(&kind),
            (None, None, None) => Err(invalid("`prompt` is missing.")),
        }
    }
}

fn words(field: &str, text: String) -> Result<String, ErrorResponse> {
    // Bedrock refuses a text of white space alone, and there is nothing to answer to control characters.
    if text.chars().all(|c| c.is_whitespace() || c.is_control()) {
        return Err(invalid(format!("`{field}` must not be empty or blank.")));
    }
    if text.len() > MAX_PROMPT_BYTES {
        return Err(too_large(&format!("the `{field}`"), MAX_PROMPT_BYTES));
    }
    Ok(text)
}

/// The template behind `storyType`.
fn story(kind: &str) -> Result<String, ErrorResponse> {
    let kind = kind.trim().to_lowercase();
    if kind.is_empty() || kind.chars().count() > MAX_STORY_TYPE {
        return Err(invalid(format!(
            "`storyType` must be 1 to {MAX_STORY_TYPE} characters."
        )));
    }
    Ok(format!("Tell me a short story about {kind}."))
}
