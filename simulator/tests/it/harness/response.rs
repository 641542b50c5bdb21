//! A response stream, assembled as a client does.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use aws_sdk_bedrockruntime::{
    operation::converse_stream::{ConverseStreamOutput, builders::ConverseStreamFluentBuilder},
    types::{
        ContentBlock, ContentBlockDelta, ContentBlockStart, ConversationRole,
        ConverseStreamOutput as Event, Message, ReasoningContentBlock, ReasoningContentBlockDelta,
        ToolUseBlock,
    },
};
use aws_smithy_types::Blob;
use serde_json::Value;

use super::message::{document, reasoning, tool_result};

/// An assembled response.
#[derive(Debug, Default)]
pub(crate) struct Response {
    /// Content blocks by index.
    pub(crate) blocks: BTreeMap<i32, Block>,
    /// Names of the events in order, with the block index if the event has one.
    pub(crate) events: Vec<String>,
    pub(crate) stop_reason: Option<String>,
    /// Input, output and total tokens.
    pub(crate) usage: Option<(i32, i32, i32)>,
    pub(crate) latency_ms: Option<i64>,
    /// Error that ended the stream.
    pub(crate) error: Option<String>,
    /// Times of the deltas since the start of the reading.
    pub(crate) arrivals: Vec<Duration>,
}

/// An assembled content block.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Block {
    /// Identifier and tool name of a tool call.
    pub(crate) tool: Option<(String, String)>,
    pub(crate) text: String,
    pub(crate) reasoning: String,
    pub(crate) signature: Option<String>,
    pub(crate) redacted: Option<Vec<u8>>,
    /// Number of deltas.
    pub(crate) deltas: usize,
    /// Set by `contentBlockStop`.
    pub(crate) stopped: bool,
}

impl Response {
    /// Sends a request and reads the stream of its response.
    pub(crate) async fn receive(request: ConverseStreamFluentBuilder) -> Self {
        Self::read(request.send().await.unwrap()).await
    }

    /// Reads a stream until its end or an error.
    async fn read(mut output: ConverseStreamOutput) -> Self {
        let started = Instant::now();
        let mut response = Self::default();
        loop {
            match output.stream.recv().await {
                Ok(Some(event)) => response.apply(event, started),
                Ok(None) => return response,
                Err(error) => {
                    response.error = Some(format!("{:?}", error));
                    return response;
                }
            }
        }
    }

    fn apply(&mut self, event: Event, started: Instant) {
        match event {
            Event::MessageStart(start) => self.events.push(format!("start {}", start.role)),
            Event::ContentBlockStart(start) => {
                self.events
                    .push(format!("block {}", start.content_block_index));
                let Some(ContentBlockStart::ToolUse(tool)) = start.start else {
                    panic!("only tool blocks have a start event")
                };
                self.block(start.content_block_index).tool = Some((tool.tool_use_id, tool.name));
            }
            Event::ContentBlockDelta(delta) => {
                self.arrivals.push(started.elapsed());
                self.events
                    .push(format!("delta {}", delta.content_block_index));
                self.block(delta.content_block_index)
                    .append(delta.delta.unwrap());
            }
            Event::ContentBlockStop(stop) => {
                self.events
                    .push(format!("stop {}", stop.content_block_index));
                self.block(stop.content_block_index).stopped = true;
            }
            Event::MessageStop(stop) => {
                self.events.push("end".to_owned());
                self.stop_reason = Some(stop.stop_reason.as_str().to_owned());
            }
            Event::Metadata(metadata) => {
                self.events.push("metadata".to_owned());
                self.usage = metadata
                    .usage
                    .map(|usage| (usage.input_tokens, usage.output_tokens, usage.total_tokens));
                self.latency_ms = metadata.metrics.map(|metrics| metrics.latency_ms);
            }
            other => panic!("{other:?}"),
        }
    }

    fn block(&mut self, index: i32) -> &mut Block {
        self.blocks.entry(index).or_default()
    }

    /// Returns the text of all blocks except tool calls.
    pub(crate) fn text(&self) -> String {
        self.blocks
            .values()
            .filter(|block| block.tool.is_none())
            .map(|block| block.text.as_str())
            .collect()
    }

    /// Returns the name and the arguments of each tool call.
    pub(crate) fn calls(&self) -> Vec<(String, Value)> {
        let calls = self
            .blocks
            .values()
            .filter_map(|block| Some((block.tool.clone()?.1, block)));
        calls
            .map(|(name, block)| (name, serde_json::from_str(&block.text).unwrap_or_default()))
            .collect()
    }

    /// Returns the response as an assistant message for the next request.
    pub(crate) fn message(&self) -> Message {
        let blocks = self.blocks.values().map(Block::content).collect();
        Message::builder()
            .role(ConversationRole::Assistant)
            .set_content(Some(blocks))
            .build()
            .unwrap()
    }

    /// Returns a user message with the same result text for each tool call.
    pub(crate) fn results(&self, text: &str) -> Message {
        let ids = self
            .blocks
            .values()
            .filter_map(|block| Some(block.tool.clone()?.0));
        let blocks = ids.map(|id| tool_result(&id, text)).collect();
        Message::builder()
            .role(ConversationRole::User)
            .set_content(Some(blocks))
            .build()
            .unwrap()
    }
}

impl Block {
    fn append(&mut self, delta: ContentBlockDelta) {
        self.deltas += 1;
        match delta {
            ContentBlockDelta::Text(text) => self.text.push_str(&text),
            ContentBlockDelta::ToolUse(tool) => self.text.push_str(&tool.input),
            ContentBlockDelta::ReasoningContent(ReasoningContentBlockDelta::Text(text)) => {
                self.reasoning.push_str(&text)
            }
            ContentBlockDelta::ReasoningContent(ReasoningContentBlockDelta::Signature(
                signature,
            )) => {
                self.signature = Some(signature);
            }
            ContentBlockDelta::ReasoningContent(ReasoningContentBlockDelta::RedactedContent(
                data,
            )) => {
                self.redacted = Some(data.into_inner());
            }
            other => panic!("{other:?}"),
        }
    }

    fn content(&self) -> ContentBlock {
        if let Some((id, name)) = &self.tool {
            let input = serde_json::from_str(&self.text).unwrap_or_default();
            let call = ToolUseBlock::builder()
                .tool_use_id(id)
                .name(name)
                .input(document(&input))
                .build()
                .unwrap();
            return ContentBlock::ToolUse(call);
        }
        if let Some(data) = &self.redacted {
            return ContentBlock::ReasoningContent(ReasoningContentBlock::RedactedContent(
                Blob::new(data.clone()),
            ));
        }
        match &self.signature {
            Some(signature) => reasoning(&self.reasoning, signature),
            None => ContentBlock::Text(self.text.clone()),
        }
    }
}
