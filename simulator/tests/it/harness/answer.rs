//! What a stream said, put together as a client does.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use aws_sdk_bedrockruntime::{
    operation::converse_stream::ConverseStreamOutput,
    types::{
        ContentBlock, ContentBlockDelta, ContentBlockStart, ConversationRole,
        ConverseStreamOutput as Event, Message, ReasoningContentBlock, ReasoningContentBlockDelta,
        ToolUseBlock,
    },
};
use aws_smithy_types::Blob;
use serde_json::Value;

use super::message::{document, result, thought};

/// What a stream said.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) blocks: BTreeMap<i32, Block>,
    /// The order of events by name, with the index where there is one.
    pub(crate) events: Vec<String>,
    pub(crate) stop: Option<String>,
    pub(crate) usage: Option<(i32, i32, i32)>,
    pub(crate) latency_ms: Option<i64>,
    /// The error that ended it.
    pub(crate) error: Option<String>,
    /// When each delta came, counted from the reading's start.
    pub(crate) arrivals: Vec<Duration>,
}

/// A block, put together.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Block {
    pub(crate) tool: Option<(String, String)>,
    pub(crate) text: String,
    pub(crate) reasoning: String,
    pub(crate) signature: Option<String>,
    pub(crate) redacted: Option<Vec<u8>>,
    pub(crate) deltas: usize,
    pub(crate) stopped: bool,
}

impl Answer {
    pub(crate) async fn read(mut output: ConverseStreamOutput) -> Self {
        let started = Instant::now();
        let mut answer = Self::default();
        loop {
            match output.stream.recv().await {
                Ok(Some(event)) => answer.take(event, started),
                Ok(None) => return answer,
                Err(error) => {
                    answer.error = Some(format!("{:?}", error));
                    return answer;
                }
            }
        }
    }

    fn take(&mut self, event: Event, started: Instant) {
        match event {
            Event::MessageStart(start) => self.events.push(format!("start {}", start.role)),
            Event::ContentBlockStart(start) => {
                self.events
                    .push(format!("block {}", start.content_block_index));
                let Some(ContentBlockStart::ToolUse(tool)) = start.start else {
                    panic!("only tools start")
                };
                self.block(start.content_block_index).tool = Some((tool.tool_use_id, tool.name));
            }
            Event::ContentBlockDelta(delta) => {
                self.arrivals.push(started.elapsed());
                self.events
                    .push(format!("delta {}", delta.content_block_index));
                self.block(delta.content_block_index)
                    .add(delta.delta.unwrap());
            }
            Event::ContentBlockStop(stop) => {
                self.events
                    .push(format!("stop {}", stop.content_block_index));
                self.block(stop.content_block_index).stopped = true;
            }
            Event::MessageStop(stop) => {
                self.events.push("end".to_owned());
                self.stop = Some(stop.stop_reason.as_str().to_owned());
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

    pub(crate) fn text(&self) -> String {
        self.blocks
            .values()
            .filter(|block| block.tool.is_none())
            .map(|block| block.text.as_str())
            .collect()
    }

    /// Name and arguments of each call.
    pub(crate) fn calls(&self) -> Vec<(String, Value)> {
        let calls = self
            .blocks
            .values()
            .filter_map(|block| Some((block.tool.clone()?.1, block)));
        calls
            .map(|(name, block)| (name, serde_json::from_str(&block.text).unwrap_or_default()))
            .collect()
    }

    /// The answer as a message of the next request.
    pub(crate) fn message(&self) -> Message {
        let blocks = self.blocks.values().map(Block::content).collect();
        Message::builder()
            .role(ConversationRole::Assistant)
            .set_content(Some(blocks))
            .build()
            .unwrap()
    }

    /// A user message that answers each call with the same text.
    pub(crate) fn results(&self, text: &str) -> Message {
        let ids = self
            .blocks
            .values()
            .filter_map(|block| Some(block.tool.clone()?.0));
        let blocks = ids.map(|id| result(&id, text)).collect();
        Message::builder()
            .role(ConversationRole::User)
            .set_content(Some(blocks))
            .build()
            .unwrap()
    }
}

impl Block {
    fn add(&mut self, delta: ContentBlockDelta) {
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
            Some(signature) => thought(&self.reasoning, signature),
            None => ContentBlock::Text(self.text.clone()),
        }
    }
}
