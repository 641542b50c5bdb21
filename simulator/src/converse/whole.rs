//! An answer as one piece, for `Converse`.

use std::collections::BTreeMap;

use futures::StreamExt;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::frames;
use crate::{
    error::{AwsError, Kind},
    play::cue::{Act, Acts, Delta, Event, Usage},
};

#[derive(Default)]
struct Gathered {
    blocks: BTreeMap<usize, Block>,
    reason: Option<String>,
    usage: Usage,
}

#[derive(Default)]
struct Block {
    tool: Option<(String, String)>,
    text: String,
    reasoning: bool,
    signature: Option<String>,
    redacted: Option<String>,
}

/// Waits for the whole answer, in the time the stream would have taken.
///
/// # Errors
/// The exception an event of the stream would have carried; `InternalServerException` for an answer
/// that does not come to its end.
pub(crate) async fn gather(mut acts: Acts) -> Result<Value, AwsError> {
    let started = Instant::now();
    let mut gathered = Gathered::default();
    while let Some(act) = acts.next().await {
        match act {
            Act::Send(event) => gathered.take(event),
            Act::Raise(error) => return Err(error),
            Act::Stall => std::future::pending().await,
            Act::Cut => return Err(Kind::InternalServer.into()),
        }
    }
    let reason = gathered.reason.ok_or(Kind::InternalServer)?;
    let content: Vec<Value> = gathered.blocks.into_values().map(Block::content).collect();
    Ok(json!({
        "output": { "message": { "role": "assistant", "content": content } },
        "stopReason": reason,
        "usage": frames::usage(gathered.usage),
        "metrics": frames::metrics(started.elapsed()),
    }))
}

impl Gathered {
    fn take(&mut self, event: Event) {
        match event {
            Event::ToolStart { index, id, name } => self.block(index).tool = Some((id, name)),
            Event::Delta { index, delta } => self.block(index).add(delta),
            Event::MessageStop { reason } => self.reason = Some(reason),
            Event::Metadata(usage) => self.usage = usage,
            Event::MessageStart | Event::BlockStop { .. } => {}
        }
    }

    fn block(&mut self, index: usize) -> &mut Block {
        self.blocks.entry(index).or_default()
    }
}

impl Block {
    fn add(&mut self, delta: Delta) {
        match delta {
            Delta::Text(piece) | Delta::ToolInput(piece) => self.text.push_str(&piece),
            Delta::Reasoning(piece) => {
                self.reasoning = true;
                self.text.push_str(&piece);
            }
            Delta::Signature(signature) => self.signature = Some(signature),
            Delta::Redacted(data) => self.redacted = Some(data),
        }
    }

    fn content(self) -> Value {
        if let Some((id, name)) = self.tool {
            // An input cut by max_tokens is no JSON; the service then gives what it has of it: nothing.
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
            None if self.reasoning => {
                json!({ "reasoningContent": { "reasoningText": { "text": self.text } } })
            }
            None => json!({ "text": self.text }),
        }
    }
}
