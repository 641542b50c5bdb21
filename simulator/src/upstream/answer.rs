//! An OpenAI-compatible stream as the acts of a Bedrock stream.

use std::collections::{BTreeMap, VecDeque};

use futures::stream::{self, BoxStream, StreamExt};

use super::{
    chunk::{Call, Chunk, Counts},
    client::Client,
    translate,
};
use crate::{
    converse::request::Request,
    error::{AwsError, Kind},
    ids,
    play::{
        cue::{Act, Acts, Delta, Event, Usage},
        usage,
    },
};

/// Asks the upstream model.
///
/// # Errors
/// Its refusal, as the error of Bedrock that comes nearest.
pub(crate) async fn begin(
    client: &Client,
    model: &str,
    request: &Request,
) -> Result<Acts, AwsError> {
    let data = client
        .ask(&translate::body(client, model, request))
        .await?
        .boxed();
    let relay = Relay::new(data, usage::of_request(request));
    let acts = stream::unfold(relay, |mut relay| async move {
        Some((relay.next().await?, relay))
    });
    Ok(acts.boxed())
}

/// The state between chunks.
struct Relay {
    data: BoxStream<'static, Result<String, AwsError>>,
    ready: VecDeque<Act>,
    open: Option<Open>,
    /// The block of each of the server's tool calls.
    calls: BTreeMap<usize, usize>,
    blocks: usize,
    characters: usize,
    input: usize,
    reason: Option<String>,
    counts: Option<Counts>,
    over: bool,
}

/// The kind of the block that grows.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Open {
    Text(usize),
    Reasoning(usize),
    Tool(usize),
}

impl Open {
    fn index(self) -> usize {
        let (Self::Text(index) | Self::Reasoning(index) | Self::Tool(index)) = self;
        index
    }
}

impl Relay {
    fn new(data: BoxStream<'static, Result<String, AwsError>>, input: usize) -> Self {
        Self {
            data,
            ready: [Act::Send(Event::MessageStart)].into(),
            open: None,
            calls: BTreeMap::new(),
            blocks: 0,
            characters: 0,
            input,
            reason: None,
            counts: None,
            over: false,
        }
    }

    async fn next(&mut self) -> Option<Act> {
        loop {
            if let Some(act) = self.ready.pop_front() {
                return Some(act);
            }
            if self.over {
                return None;
            }
            match self.data.next().await {
                Some(Ok(data)) if data.trim() == "[DONE]" => self.end(),
                Some(Ok(data)) => self.take(&data),
                Some(Err(error)) => self.raise(error),
                None => self.end(),
            }
        }
    }

    fn take(&mut self, data: &str) {
        let chunk: Chunk = match serde_json::from_str(data) {
            Ok(chunk) => chunk,
            Err(error) => return self.raise(broken(&format!("sent what is no chunk: {error}"))),
        };
        if let Some(error) = chunk.error {
            return self.raise(broken(&format!("failed: {error}")));
        }
        self.counts = chunk.usage.or(self.counts);
        for choice in chunk.choices {
            if let Some(thought) = choice
                .delta
                .reasoning_content
                .filter(|text| !text.is_empty())
            {
                self.grow(Open::Reasoning, Delta::Reasoning(thought));
            }
            if let Some(text) = choice.delta.content.filter(|text| !text.is_empty()) {
                self.grow(Open::Text, Delta::Text(text));
            }
            for call in choice.delta.tool_calls.into_iter().flatten() {
                self.call(call);
            }
            self.reason = choice.finish_reason.or(self.reason.take());
        }
    }

    /// Adds to the block that grows if it is of that kind, else to a new one.
    fn grow(&mut self, kind: fn(usize) -> Open, delta: Delta) {
        let growing = self
            .open
            .map(Open::index)
            .filter(|index| self.open == Some(kind(*index)));
        let index = growing.unwrap_or_else(|| {
            let index = self.begin_block();
            self.open = Some(kind(index));
            index
        });
        self.delta(index, delta);
    }

    fn call(&mut self, call: Call) {
        let index = match self.calls.get(&call.index) {
            Some(index) => *index,
            None => {
                let index = self.begin_block();
                self.calls.insert(call.index, index);
                self.open = Some(Open::Tool(index));
                let name = call.function.name.unwrap_or_default();
                self.send(Event::ToolStart {
                    index,
                    id: ids::tool_use(),
                    name,
                });
                index
            }
        };
        if let Some(arguments) = call.function.arguments.filter(|text| !text.is_empty()) {
            self.delta(index, Delta::ToolInput(arguments));
        }
    }

    fn begin_block(&mut self) -> usize {
        self.end_block();
        let index = self.blocks;
        self.blocks += 1;
        index
    }

    fn end_block(&mut self) {
        if let Some(Open::Text(index) | Open::Reasoning(index) | Open::Tool(index)) =
            self.open.take()
        {
            self.send(Event::BlockStop { index });
        }
    }

    fn delta(&mut self, index: usize, delta: Delta) {
        self.characters += usage::of_delta(&delta);
        self.send(Event::Delta { index, delta });
    }

    /// A stream without a `finish_reason` has broken off.
    fn end(&mut self) {
        let Some(reason) = self.reason.take() else {
            return self.raise(broken("ended without a finish_reason"));
        };
        self.end_block();
        self.over = true;
        let estimate = Usage {
            input: self.input,
            output: usage::tokens(self.characters),
        };
        let usage = self.counts.map_or(estimate, |counts| Usage {
            input: counts.prompt_tokens,
            output: counts.completion_tokens,
        });
        let reason = match reason.as_str() {
            _ if !self.calls.is_empty() && reason != "length" => "tool_use",
            "length" => "max_tokens",
            "content_filter" => "content_filtered",
            _ => "end_turn",
        };
        self.send(Event::MessageStop {
            reason: reason.to_owned(),
        });
        self.send(Event::Metadata(usage));
    }

    fn raise(&mut self, error: AwsError) {
        self.over = true;
        self.ready.push_back(Act::Raise(error));
    }

    fn send(&mut self, event: Event) {
        self.ready.push_back(Act::Send(event));
    }
}

fn broken(how: &str) -> AwsError {
    AwsError {
        kind: Kind::ModelStreamError,
        message: format!("The upstream model {how}"),
    }
}
