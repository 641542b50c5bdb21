//! Conversion of a streamed chat completion to the actions of a Bedrock stream.

use std::collections::{BTreeMap, VecDeque};

use futures::stream::{self, BoxStream, StreamExt};

use super::{
    chunk::{Choice, Chunk, CompletionUsage, ToolCallDelta},
    client::Client,
    request,
};
use crate::{
    conversation::request::Request,
    error::{AwsError, ErrorKind},
    ids,
    response::{
        action::{Action, ActionStream},
        event::{Delta, Event, Usage},
        tokens,
    },
};

/// Sends the request to the upstream model and starts the conversion of its response.
///
/// # Errors
/// The closest Bedrock error to an error response of the server.
pub(crate) async fn start(
    client: &Client,
    model: &str,
    request: &Request,
) -> Result<ActionStream, AwsError> {
    let data = client
        .complete(&request::body(client, model, request))
        .await?
        .boxed();
    let converter = Converter::new(data, tokens::of_request(request));
    let actions = stream::unfold(converter, |mut converter| async move {
        Some((converter.next().await?, converter))
    });
    Ok(actions.boxed())
}

/// State of the conversion between chunks.
struct Converter {
    data: BoxStream<'static, Result<String, AwsError>>,
    /// Actions that are converted and not yet yielded.
    pending: VecDeque<Action>,
    open_block: Option<OpenBlock>,
    /// Block index by index of the server's tool call.
    tool_blocks: BTreeMap<usize, usize>,
    block_count: usize,
    /// Characters of the deltas, for the estimate of the output tokens.
    characters: usize,
    input_tokens: usize,
    finish_reason: Option<String>,
    usage: Option<CompletionUsage>,
    ended: bool,
}

/// Kind and index of the block that receives deltas.
#[derive(Clone, Copy, Eq, PartialEq)]
enum OpenBlock {
    Text(usize),
    Reasoning(usize),
    Tool(usize),
}

impl OpenBlock {
    fn index(self) -> usize {
        let (Self::Text(index) | Self::Reasoning(index) | Self::Tool(index)) = self;
        index
    }
}

impl Converter {
    fn new(data: BoxStream<'static, Result<String, AwsError>>, input_tokens: usize) -> Self {
        Self {
            data,
            pending: [Action::Send(Event::MessageStart)].into(),
            open_block: None,
            tool_blocks: BTreeMap::new(),
            block_count: 0,
            characters: 0,
            input_tokens,
            finish_reason: None,
            usage: None,
            ended: false,
        }
    }

    async fn next(&mut self) -> Option<Action> {
        loop {
            if let Some(action) = self.pending.pop_front() {
                return Some(action);
            }
            if self.ended {
                return None;
            }
            match self.data.next().await {
                Some(Ok(data)) if data.trim() == "[DONE]" => self.end(),
                Some(Ok(data)) => self.convert(&data),
                Some(Err(error)) => self.raise(error),
                None => self.end(),
            }
        }
    }

    fn convert(&mut self, data: &str) {
        let chunk: Chunk = match serde_json::from_str(data) {
            Ok(chunk) => chunk,
            Err(error) => {
                return self.raise(stream_error(&format!("sent an invalid chunk: {error}")));
            }
        };
        if let Some(error) = chunk.error {
            return self.raise(stream_error(&format!("failed: {error}")));
        }
        self.usage = chunk.usage.or(self.usage);
        for choice in chunk.choices {
            self.convert_choice(choice);
        }
    }

    fn convert_choice(&mut self, choice: Choice) {
        let delta = choice.delta;
        if let Some(reasoning) = delta.reasoning_content.filter(|text| !text.is_empty()) {
            self.append(OpenBlock::Reasoning, Delta::Reasoning(reasoning));
        }
        if let Some(text) = delta.content.filter(|text| !text.is_empty()) {
            self.append(OpenBlock::Text, Delta::Text(text));
        }
        for call in delta.tool_calls.into_iter().flatten() {
            self.convert_tool_call(call);
        }
        self.finish_reason = choice.finish_reason.or(self.finish_reason.take());
    }

    /// Appends a delta to the open block if it is of this kind, otherwise to a new block.
    fn append(&mut self, kind: fn(usize) -> OpenBlock, delta: Delta) {
        let open = self
            .open_block
            .map(OpenBlock::index)
            .filter(|index| self.open_block == Some(kind(*index)));
        let index = open.unwrap_or_else(|| {
            let index = self.next_block();
            self.open_block = Some(kind(index));
            index
        });
        self.send_delta(index, delta);
    }

    fn convert_tool_call(&mut self, call: ToolCallDelta) {
        let index = match self.tool_blocks.get(&call.index) {
            Some(index) => *index,
            None => {
                let index = self.next_block();
                self.tool_blocks.insert(call.index, index);
                self.open_block = Some(OpenBlock::Tool(index));
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
            self.send_delta(index, Delta::ToolInput(arguments));
        }
    }

    /// Closes the open block and returns the index of the next one.
    fn next_block(&mut self) -> usize {
        self.close_block();
        let index = self.block_count;
        self.block_count += 1;
        index
    }

    fn close_block(&mut self) {
        if let Some(block) = self.open_block.take() {
            let index = block.index();
            self.send(Event::BlockStop { index });
        }
    }

    fn send_delta(&mut self, index: usize, delta: Delta) {
        self.characters += tokens::delta_characters(&delta);
        self.send(Event::Delta { index, delta });
    }

    /// Ends the message. A stream without a `finish_reason` is incomplete.
    fn end(&mut self) {
        let Some(finish_reason) = self.finish_reason.take() else {
            return self.raise(stream_error("ended without a finish_reason"));
        };
        self.close_block();
        self.ended = true;
        let reason = match finish_reason.as_str() {
            "length" => "max_tokens",
            _ if !self.tool_blocks.is_empty() => "tool_use",
            "content_filter" => "content_filtered",
            _ => "end_turn",
        };
        self.send(Event::MessageStop {
            reason: reason.to_owned(),
        });
        self.send(Event::Metadata(self.usage()));
    }

    /// Returns the token counts of the server, or an estimate without them.
    fn usage(&self) -> Usage {
        match self.usage {
            Some(usage) => Usage {
                input: usage.prompt_tokens,
                output: usage.completion_tokens,
            },
            None => Usage {
                input: self.input_tokens,
                output: tokens::from_characters(self.characters),
            },
        }
    }

    fn raise(&mut self, error: AwsError) {
        self.ended = true;
        self.pending.push_back(Action::Raise(error));
    }

    fn send(&mut self, event: Event) {
        self.pending.push_back(Action::Send(event));
    }
}

fn stream_error(problem: &str) -> AwsError {
    AwsError {
        kind: ErrorKind::ModelStreamError,
        message: format!("The upstream model {problem}"),
    }
}
