//! `prompt`: starts a run.

use longwire_core::event_run::RUN_PREFIX;
use longwire_core::ids::{MessageId, RunId, ThreadId};
use longwire_core::run_input::Context;
use longwire_core::tool::ToolSpec;
use serde_json::{Map, Value};

use crate::request::fields::Fields;
use crate::request::options::Options;
use crate::request::text::{MAX_PROMPT_BYTES, check_text};
use crate::request::{context, legacy, options, tools};
use crate::response::error::{ErrorResponse, invalid};

/// Request for an answer of the model. The response is an [`Ack`](crate::response::ack::Ack).
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// Thread of the run; absent: the connection's.
    pub thread_id: Option<ThreadId>,
    /// Id of the run, chosen by a client that may have to repeat the request.
    pub run_id: Option<RunId>,
    /// Id of the user message.
    pub message_id: Option<MessageId>,
    /// Text of the user message, at most 24 KB, not blank.
    pub prompt: String,
    /// Facts for the model.
    pub context: Vec<Context>,
    /// Tools of the client.
    pub tools: Vec<ToolSpec>,
    /// State of the application, of a request of AG-UI.
    pub state: Map<String, Value>,
    /// Ends the wait of the thread for answers to calls.
    pub supersede: bool,
    /// Options of the run.
    pub options: Options,
}

impl Prompt {
    /// Parses the fields of the request, the types of the texts and ids first.
    pub(super) fn parse(fields: &Fields<'_>) -> Result<Self, ErrorResponse> {
        for field in ["prompt", "message", "storyType", "runId", "messageId"] {
            fields.text(field)?;
        }
        let supersede = fields.get("supersede")?.unwrap_or_default();
        let options = options::parse(fields)?;
        let context = context::parse(fields)?;
        let tools = tools::parse(fields)?;
        Ok(Self {
            thread_id: legacy::thread_id(fields)?,
            run_id: run_id(fields)?,
            message_id: fields.id("messageId", MessageId::parse)?,
            prompt: legacy::prompt(fields)?,
            context,
            tools,
            state: Map::new(),
            supersede,
            options,
        })
    }

    /// Makes the request whose only field is `prompt`.
    pub(super) fn from_text(text: &str) -> Result<Self, ErrorResponse> {
        Ok(Self {
            thread_id: None,
            run_id: None,
            message_id: None,
            prompt: check_text("prompt", text, MAX_PROMPT_BYTES)?,
            context: Vec::new(),
            tools: Vec::new(),
            state: Map::new(),
            supersede: false,
            options: Options::default(),
        })
    }
}

/// Reads the id of the run. Clients cannot choose an id of a run that an event starts.
pub(super) fn run_id(fields: &Fields<'_>) -> Result<Option<RunId>, ErrorResponse> {
    let run_id = fields.id("runId", RunId::parse)?;
    let reserved = |id: &RunId| id.as_str().starts_with(RUN_PREFIX);
    if run_id.as_ref().is_some_and(reserved) {
        return Err(invalid(format!(
            "`runId` must not begin with \"{RUN_PREFIX}\"."
        )));
    }
    Ok(run_id)
}
