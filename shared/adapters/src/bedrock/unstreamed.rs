//! The reply of Converse as the events of a stream.

use aws_sdk_bedrockruntime::error::BuildError;
use aws_sdk_bedrockruntime::operation::converse::ConverseOutput as Reply;
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ContentBlockDelta, ContentBlockDeltaEvent, ContentBlockStart,
    ContentBlockStartEvent, ContentBlockStopEvent, ConverseOutput, ConverseStreamMetadataEvent,
    ConverseStreamMetrics, ConverseStreamOutput as Event, MessageStopEvent, ReasoningContentBlock,
    ReasoningContentBlockDelta, ToolUseBlock, ToolUseBlockDelta, ToolUseBlockStart,
};
use futures::StreamExt;
use longwire_agent::model::{Deltas, ModelError};

use crate::bedrock::document::json;
use crate::bedrock::{errors, stream};

/// Stream of a complete reply: the deltas that ConverseStream would have sent, in one burst.
pub(super) fn deltas(reply: Reply) -> Result<Deltas, ModelError> {
    let events = events(reply).map_err(errors::invalid_reply)?;
    let deltas = events.into_iter().filter_map(stream::delta).map(Ok);
    Ok(futures::stream::iter(deltas.collect::<Vec<_>>()).boxed())
}

fn events(reply: Reply) -> Result<Vec<Event>, BuildError> {
    let blocks = match reply.output {
        Some(ConverseOutput::Message(message)) => message.content,
        _ => Vec::new(),
    };
    let mut events = Vec::new();
    for (index, block) in (0..).zip(blocks) {
        events.extend(block_events(index, block)?);
    }
    let stop = MessageStopEvent::builder().stop_reason(reply.stop_reason);
    events.push(Event::MessageStop(stop.build()?));
    let latency = reply.metrics.map(|metrics| metrics.latency_ms);
    let metrics = latency.map(|ms| ConverseStreamMetrics::builder().latency_ms(ms).build());
    let metadata = ConverseStreamMetadataEvent::builder()
        .set_usage(reply.usage)
        .set_metrics(metrics.transpose()?);
    events.push(Event::Metadata(metadata.build()));
    Ok(events)
}

fn block_events(index: i32, block: ContentBlock) -> Result<Vec<Event>, BuildError> {
    let (start, deltas) = match block {
        ContentBlock::Text(text) => (None, vec![ContentBlockDelta::Text(text)]),
        ContentBlock::ReasoningContent(block) => (None, reasoning(block)),
        ContentBlock::ToolUse(call) => {
            let (start, delta) = call_events(call)?;
            (Some(start), vec![delta])
        }
        // The stream leaves out blocks of an unknown kind as well.
        _ => return Ok(Vec::new()),
    };
    let mut events = Vec::new();
    if start.is_some() {
        let event = ContentBlockStartEvent::builder().set_start(start);
        let event = event.content_block_index(index).build()?;
        events.push(Event::ContentBlockStart(event));
    }
    for delta in deltas {
        let event = ContentBlockDeltaEvent::builder().delta(delta);
        let event = event.content_block_index(index).build()?;
        events.push(Event::ContentBlockDelta(event));
    }
    let stop = ContentBlockStopEvent::builder().content_block_index(index);
    events.push(Event::ContentBlockStop(stop.build()?));
    Ok(events)
}

fn reasoning(block: ReasoningContentBlock) -> Vec<ContentBlockDelta> {
    let deltas = match block {
        ReasoningContentBlock::ReasoningText(block) => {
            let signature = block.signature.map(ReasoningContentBlockDelta::Signature);
            let text = ReasoningContentBlockDelta::Text(block.text);
            std::iter::once(text).chain(signature).collect()
        }
        ReasoningContentBlock::RedactedContent(data) => {
            vec![ReasoningContentBlockDelta::RedactedContent(data)]
        }
        _ => Vec::new(),
    };
    deltas
        .into_iter()
        .map(ContentBlockDelta::ReasoningContent)
        .collect()
}

fn call_events(call: ToolUseBlock) -> Result<(ContentBlockStart, ContentBlockDelta), BuildError> {
    let input = json(&call.input).ok_or_else(|| {
        BuildError::other("the arguments of a tool call are nested too deeply for JSON")
    })?;
    let start = ToolUseBlockStart::builder()
        .tool_use_id(call.tool_use_id)
        .name(call.name);
    let delta = ToolUseBlockDelta::builder().input(input.to_string());
    Ok((
        ContentBlockStart::ToolUse(start.build()?),
        ContentBlockDelta::ToolUse(delta.build()?),
    ))
}
