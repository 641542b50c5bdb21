//! Body of a `Converse` response: the events of the stream, merged into one message.

use std::collections::BTreeMap;

use futures::StreamExt;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::frames;
use crate::{
    error::{AwsError, ErrorKind},
    response::{
        action::{Action, ActionStream},
        event::{Delta, Event, Usage},
    },
};

/// Message under construction.
#[derive(Default)]
struct Message {
    blocks: BTreeMap<usize, Block>,
    stop_reason: Option<String>,
    usage: Usage,
}

/// Content block under construction.
#[derive(Default)]
struct Block {
    /// Identifier and tool name of a tool call.
    tool: Option<(String, String)>,
    text: String,
    is_reasoning: bool,
    signature: Option<String>,
    redacted: Option<String>,
}

/// Collects the complete response; takes as long as the stream would.
///
/// # Errors
/// The error of an exception event; `ValidationException` for a step with `events`;
/// `InternalServerException` for a response without its end.
pub(crate) async fn collect(mut actions: ActionStream) -> Result<Value, AwsError> {
    let started = Instant::now();
    let mut message = Message::default();
    while let Some(action) = actions.next().await {
        match action {
            Action::Send(event) => message.apply(event),
            Action::Play(_) => {
                return Err(AwsError::validation(
                    "The step of the scenario has `events`, which only ConverseStream can play.",
                ));
            }
            Action::Raise(error) => return Err(error),
            Action::Stall => std::future::pending().await,
            Action::Cut => return Err(ErrorKind::InternalServer.into()),
        }
    }
    let stop_reason = message.stop_reason.ok_or(ErrorKind::InternalServer)?;
    let content: Vec<Value> = message.blocks.into_values().map(Block::content).collect();
    Ok(json!({
        "output": { "message": { "role": "assistant", "content": content } },
        "stopReason": stop_reason,
        "usage": frames::usage_json(message.usage),
        "metrics": frames::metrics_json(started.elapsed()),
    }))
}

impl Message {
    fn apply(&mut self, event: Event) {
        match event {
            Event::ToolStart { index, id, name } => self.block(index).tool = Some((id, name)),
            Event::Delta { index, delta } => self.block(index).append(delta),
            Event::MessageStop { reason } => self.stop_reason = Some(reason),
            Event::Metadata(usage) => self.usage = usage,
            Event::MessageStart | Event::BlockStop { .. } => {}
        }
    }

    fn block(&mut self, index: usize) -> &mut Block {
        self.blocks.entry(index).or_default()
    }
}

impl Block {
    fn append(&mut self, delta: Delta) {
        match delta {
            Delta::Text(text) | Delta::ToolInput(text) => self.text.push_str(&text),
            Delta::Reasoning(text) => {
                self.is_reasoning = true;
                self.text.push_str(&text);
            }
            Delta::Signature(signature) => self.signature = Some(signature),
            Delta::Redacted(data) => self.redacted = Some(data),
        }
    }

    fn content(self) -> Value {
        if let Some((id, name)) = self.tool {
            // Input that max_tokens truncated is not JSON; the service returns an empty object for it.
            let input = serde_json::from_str(&self.text).unwrap_or_else(|_| json!({}));
            return json!({ "toolUse": { "toolUseId": id, "name": name, "input": input } });
        }
        if let Some(data) = self.redacted {
            return json!({ "reasoningContent": { "redactedContent": data } });
        }
        match self.signature {
            Some(signature) => {
                json!({ "reasoningContent": { "reasoningText": { "text": self.text, "signature": signature } } })
            }
            None if self.is_reasoning => {
                json!({ "reasoningContent": { "reasoningText": { "text": self.text } } })
            }
            None => json!({ "text": self.text }),
        }
    }
}
