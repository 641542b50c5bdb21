//! `run`: AG-UI's RunAgentInput. The server owns the history, so of the messages only the new ones count: results of calls that
//! the client made, and a message of the user at the end. `resume` has the decisions about calls that need approval.

use longwire_core::ids::{CallId, InterruptId, MessageId, RunId, ThreadId};
use longwire_core::run_input::Context;
use longwire_core::tool::{ToolOutcome, ToolSpec};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::request::approval::{Approval, Verdict};
use crate::request::fields::Fields;
use crate::request::options::{self, Options};
use crate::request::prompt::run_id;
use crate::request::text::{MAX_PROMPT_BYTES, check_text};
use crate::request::{context, legacy, tools};
use crate::response::error::{ErrorResponse, invalid};

/// Most messages.
const MAX_MESSAGES: usize = 500;

/// Most answers to interrupts.
const MAX_ANSWERS: usize = 32;

/// Request for a run as AG-UI's clients send it. The response is an [`Ack`](crate::response::ack::Ack).
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Thread of the run; absent: the connection's.
    pub thread_id: Option<ThreadId>,
    /// Id of the run.
    pub run_id: Option<RunId>,
    /// Results of calls, each in a message of its own.
    pub results: Vec<RunResult>,
    /// Decisions about calls; a request with some has no other answers.
    pub approvals: Vec<Approval>,
    /// The last message, if the user wrote it.
    pub prompt: Option<RunPrompt>,
    /// Facts for the model.
    pub context: Vec<Context>,
    /// Tools of the client.
    pub tools: Vec<ToolSpec>,
    /// State of the application, which RUN_STARTED repeats.
    pub state: Map<String, Value>,
    /// Options of the run.
    pub options: Options,
}

/// Message of the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunPrompt {
    /// Id of the message.
    pub message_id: MessageId,
    /// Text of the message, at most 24 KB, not blank.
    pub text: String,
}

/// Message with the result of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunResult {
    /// Id of the message.
    pub message_id: MessageId,
    /// Id of the call.
    pub call_id: CallId,
    /// Outcome of the call.
    pub outcome: ToolOutcome,
    /// Result, or the text of an error.
    pub content: String,
}

/// Message as AG-UI has it, as far as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    id: String,
    role: String,
    #[serde(default)]
    content: Value,
    #[serde(default)]
    tool_call_id: Option<String>,
    #[serde(default)]
    error: Option<String>,
}

impl Run {
    /// Parses the fields of the request. `forwardedProps` has no effect.
    pub(super) fn parse(fields: &Fields<'_>) -> Result<Self, ErrorResponse> {
        let messages: Vec<Message> = fields.objects("messages", MAX_MESSAGES)?;
        let last = messages.len().saturating_sub(1);
        let (mut results, mut prompt) = (Vec::new(), None);
        for (at, message) in messages.into_iter().enumerate() {
            match message.role.as_str() {
                "tool" => results.push(message.result(at)?),
                "user" if at == last => prompt = Some(message.prompt(at)?),
                _ => {}
            }
        }
        let thread_id = legacy::thread_id(fields)?;
        let approvals = approvals(fields, thread_id.as_ref())?;
        if !approvals.is_empty() {
            // The messages before the interrupts are known, and a new one would have to wait.
            results.clear();
            if prompt.take().is_some() {
                let message = "`messages` must not end with a message of the user beside `resume`.";
                return Err(invalid(message));
            }
        } else if prompt.is_none() && results.is_empty() {
            let message =
                "`messages` must end with a message of the user, or have results of calls.";
            return Err(invalid(message));
        }
        Ok(Self {
            thread_id,
            run_id: run_id(fields)?,
            results,
            approvals,
            prompt,
            context: context::parse(fields)?,
            tools: tools::parse(fields)?,
            state: state(fields)?,
            options: options::parse(fields)?,
        })
    }
}

impl Message {
    fn id(&self, at: usize) -> Result<MessageId, ErrorResponse> {
        MessageId::parse(&self.id).map_err(|error| invalid(format!("`messages[{at}].id` {error}.")))
    }

    fn prompt(self, at: usize) -> Result<RunPrompt, ErrorResponse> {
        let text = text(&self.content).ok_or_else(|| {
            invalid(format!(
                "`messages[{at}].content` must be text, or parts of the type \"text\"."
            ))
        })?;
        Ok(RunPrompt {
            message_id: self.id(at)?,
            text: check_text(&format!("messages[{at}].content"), &text, MAX_PROMPT_BYTES)?,
        })
    }

    fn result(self, at: usize) -> Result<RunResult, ErrorResponse> {
        let field = format!("messages[{at}].toolCallId");
        let call_id = self.tool_call_id.as_deref();
        let call_id = call_id.ok_or_else(|| invalid(format!("`{field}` is missing.")))?;
        let call_id = CallId::parse(call_id);
        let content = text(&self.content).unwrap_or_else(|| self.content.to_string());
        let message_id = self.id(at)?;
        let (outcome, content) = match self.error {
            Some(error) => (ToolOutcome::Error, error),
            None => (ToolOutcome::Success, content),
        };
        Ok(RunResult {
            message_id,
            call_id: call_id.map_err(|error| invalid(format!("`{field}` {error}.")))?,
            outcome,
            content,
        })
    }
}

/// Text of a content: a string, or parts that are all text. `None` for others.
fn text(content: &Value) -> Option<String> {
    match content {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => parts
            .iter()
            .map(|part| part.get("text").and_then(Value::as_str))
            .collect(),
        _ => None,
    }
}

/// Reads the state; one that is no object is left out, because RUN_STARTED has an object.
fn state(fields: &Fields<'_>) -> Result<Map<String, Value>, ErrorResponse> {
    Ok(match fields.get("state")? {
        Some(Value::Object(state)) => state,
        Some(_) | None => Map::new(),
    })
}

/// Answer to an interrupt as AG-UI has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    interrupt_id: String,
    status: Status,
    #[serde(default)]
    payload: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Resolved,
    Cancelled,
}

/// Reads the answers to interrupts. A cancelled one denies its call.
fn approvals(
    fields: &Fields<'_>,
    thread_id: Option<&ThreadId>,
) -> Result<Vec<Approval>, ErrorResponse> {
    let entries: Vec<Entry> = fields.objects("resume", MAX_ANSWERS)?;
    let approval = |(at, entry): (usize, Entry)| {
        let interrupt_id = InterruptId::parse(&entry.interrupt_id);
        Ok(Approval {
            thread_id: thread_id.cloned(),
            interrupt_id: interrupt_id
                .map_err(|error| invalid(format!("`resume[{at}].interruptId` {error}.")))?,
            verdict: match entry.status {
                Status::Cancelled => Verdict::Denied(None),
                Status::Resolved => Verdict::parse(&Fields::new(&entry.payload))?,
            },
        })
    };
    entries.into_iter().enumerate().map(approval).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(messages: &Value) -> Result<Run, String> {
        let request = json!({ "runId": "r1", "messages": messages });
        Run::parse(&Fields::new(&request)).map_err(|error| error.message)
    }

    #[test]
    fn results_and_the_last_message_of_the_user_count() {
        let run = parse(&json!([
            { "id": "u1", "role": "user", "content": "Hey!" },
            { "id": "a1", "role": "assistant", "toolCalls": [] },
            { "id": "x1", "role": "tool", "toolCallId": "tc_1", "content": "Oslo" },
            { "id": "x2", "role": "tool", "toolCallId": "tc_2", "content": "", "error": "no" },
            { "id": "u2", "role": "user", "content": [{ "type": "text", "text": "And " }, { "type": "text", "text": "now?" }] }
        ]));
        let run = run.expect("a run");
        let results = run
            .results
            .iter()
            .map(|result| (result.outcome, result.content.as_str()));
        let expected = [(ToolOutcome::Success, "Oslo"), (ToolOutcome::Error, "no")];
        assert_eq!(results.collect::<Vec<_>>(), expected);
        let prompt = run.prompt.expect("a prompt");
        assert_eq!(
            (prompt.message_id.as_str(), prompt.text.as_str()),
            ("u2", "And now?")
        );
    }

    #[test]
    fn other_messages_are_refused_by_the_name_of_the_field() {
        for (messages, message) in [
            (
                json!([]),
                "`messages` must end with a message of the user, or have results of calls.",
            ),
            (
                json!([{ "id": "a1", "role": "assistant", "content": "Hi" }]),
                "`messages` must end with a message of the user, or have results of calls.",
            ),
            (
                json!([{ "id": "u1", "role": "user", "content": [{ "type": "image" }] }]),
                "`messages[0].content` must be text, or parts of the type \"text\".",
            ),
            (
                json!([{ "id": "x1", "role": "tool", "content": "" }]),
                "`messages[0].toolCallId` is missing.",
            ),
        ] {
            assert_eq!(parse(&messages), Err(message.to_owned()));
        }
    }

    #[test]
    fn resume_has_the_decisions_about_calls() {
        let parse = |resume: &Value, messages: &Value| {
            let request = json!({ "messages": messages, "resume": resume });
            Run::parse(&Fields::new(&request)).map_err(|error| error.message)
        };
        let known = json!([
            { "id": "u1", "role": "user", "content": "Hey!" },
            { "id": "a1", "role": "assistant", "toolCalls": [] }
        ]);
        let resume = json!([
            { "interruptId": "i_tc_1", "status": "resolved", "payload": { "approved": true } },
            { "interruptId": "i_tc_2", "status": "cancelled" }
        ]);
        let run = parse(&resume, &known).expect("a run");
        let verdicts = run.approvals.into_iter().map(|approval| approval.verdict);
        assert_eq!(
            verdicts.collect::<Vec<_>>(),
            [Verdict::Approved(None), Verdict::Denied(None)]
        );
        for (resume, messages, message) in [
            (
                json!([{ "interruptId": "i_tc_1", "status": "resolved" }]),
                known.clone(),
                "`approved` is missing.",
            ),
            (
                json!([{ "interruptId": "ä", "status": "cancelled" }]),
                known,
                "`resume[0].interruptId` must be 1 to 128 characters of letters, digits, '.', '_', ':' or '-'.",
            ),
            (
                json!([{ "interruptId": "i_tc_1", "status": "cancelled" }]),
                json!([{ "id": "u1", "role": "user", "content": "Hey!" }]),
                "`messages` must not end with a message of the user beside `resume`.",
            ),
        ] {
            assert_eq!(parse(&resume, &messages).map(drop), Err(message.to_owned()));
        }
    }
}
