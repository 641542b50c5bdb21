//! ConverseStream's events → our deltas.

use std::time::Duration;

use aws_sdk_bedrockruntime::primitives::event_stream::EventReceiver;
use aws_sdk_bedrockruntime::types::error::ConverseStreamOutputError;
use aws_sdk_bedrockruntime::types::{
    ContentBlockDelta, ContentBlockStart, ConverseStreamMetadataEvent, ConverseStreamOutput,
    ReasoningContentBlockDelta, StopReason as Word,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures::StreamExt;
use futures::stream::try_unfold;
use tokio::time::timeout;

use crate::bedrock::errors;
use longwire_agent::model::{Delta, Deltas, ModelError, StopReason, Thought};
use longwire_core::message::Usage;

/// How long the count may come after the answer. It is worth waiting for, but not worth failing for.
const AFTERWARDS: Duration = Duration::from_secs(5);

type Receiver = EventReceiver<ConverseStreamOutput, ConverseStreamOutputError>;

/// The answer as it comes. An error is its last item; an end without [`Delta::Stop`] is one. Dropping the
/// stream drops the response's body with it, which closes the line to the model.
pub(super) fn deltas(receiver: Receiver, idle: Duration) -> Deltas {
    let answer = Answer {
        receiver,
        idle,
        stopped: false,
    };
    try_unfold(answer, |mut answer| async move {
        let delta = answer.next().await?;
        Ok(delta.map(|delta| (delta, answer)))
    })
    .boxed()
}

struct Answer {
    receiver: Receiver,
    idle: Duration,
    /// The model is done; what may still come is the count.
    stopped: bool,
}

impl Answer {
    async fn next(&mut self) -> Result<Option<Delta>, ModelError> {
        loop {
            let event = match self.event().await {
                Ok(Some(event)) => event,
                Ok(None) if self.stopped => return Ok(None),
                Ok(None) => return Err(errors::unfinished()),
                Err(error) if self.stopped => {
                    tracing::warn!(%error, "the answer is whole, but its count did not come");
                    return Ok(None);
                }
                Err(error) => return Err(error),
            };
            if let Some(delta) = delta(event) {
                self.stopped |= matches!(delta, Delta::Stop(_));
                return Ok(Some(delta));
            }
        }
    }

    async fn event(&mut self) -> Result<Option<ConverseStreamOutput>, ModelError> {
        let limit = match self.stopped {
            true => self.idle.min(AFTERWARDS),
            false => self.idle,
        };
        let event = timeout(limit, self.receiver.recv()).await;
        let event = event.map_err(|_| errors::silent(limit))?;
        event.map_err(|error| errors::within(&error))
    }
}

/// What an event says; nothing when it says nothing to us, or nothing this version knows.
fn delta(event: ConverseStreamOutput) -> Option<Delta> {
    match event {
        ConverseStreamOutput::ContentBlockStart(event) => {
            start(index(event.content_block_index), event.start?)
        }
        ConverseStreamOutput::ContentBlockDelta(event) => {
            piece(index(event.content_block_index), event.delta?)
        }
        ConverseStreamOutput::ContentBlockStop(event) => Some(Delta::BlockStop {
            block: index(event.content_block_index),
        }),
        ConverseStreamOutput::MessageStop(event) => Some(Delta::Stop(stop(&event.stop_reason))),
        ConverseStreamOutput::Metadata(event) => Some(metadata(&event)),
        ConverseStreamOutput::MessageStart(_) => None,
        _ => skipped("event"),
    }
}

fn start(block: u32, start: ContentBlockStart) -> Option<Delta> {
    match start {
        ContentBlockStart::ToolUse(call) => {
            let name = call.name;
            Some(Delta::ToolStart { block, name })
        }
        _ => skipped("block"),
    }
}

/// Pieces without content are left out: some models send one at the beginning of a block.
fn piece(block: u32, piece: ContentBlockDelta) -> Option<Delta> {
    let said = |text: &String| !text.is_empty();
    match piece {
        ContentBlockDelta::Text(text) => {
            let text = Some(text).filter(said)?;
            Some(Delta::Text { block, text })
        }
        ContentBlockDelta::ToolUse(piece) => {
            let json = Some(piece.input).filter(said)?;
            Some(Delta::ToolInput { block, json })
        }
        ContentBlockDelta::ReasoningContent(piece) => {
            let thought = match piece {
                ReasoningContentBlockDelta::Text(text) => Thought::Text(Some(text).filter(said)?),
                ReasoningContentBlockDelta::Signature(seal) => {
                    Thought::Signature(Some(seal).filter(said)?)
                }
                ReasoningContentBlockDelta::RedactedContent(bytes) => {
                    Thought::Redacted(BASE64.encode(bytes))
                }
                _ => return skipped("piece of reasoning"),
            };
            Some(Delta::Reasoning { block, thought })
        }
        _ => skipped("piece of a block"),
    }
}

fn skipped(what: &str) -> Option<Delta> {
    tracing::debug!(
        what,
        "skipped something of the model's this version does not know"
    );
    None
}

fn stop(word: &Word) -> StopReason {
    match word {
        Word::EndTurn => StopReason::EndTurn,
        Word::ToolUse => StopReason::ToolUse,
        Word::MaxTokens => StopReason::MaxTokens,
        Word::StopSequence => StopReason::StopSequence,
        Word::GuardrailIntervened => StopReason::GuardrailIntervened,
        Word::ContentFiltered => StopReason::ContentFiltered,
        Word::MalformedModelOutput => StopReason::MalformedModelOutput,
        Word::MalformedToolUse => StopReason::MalformedToolUse,
        Word::ModelContextWindowExceeded => StopReason::ModelContextWindowExceeded,
        other => {
            tracing::warn!(
                reason = other.as_str(),
                "the model stopped for an unknown reason"
            );
            StopReason::Unknown(other.as_str().to_owned())
        }
    }
}

fn metadata(event: &ConverseStreamMetadataEvent) -> Delta {
    let count = |tokens: i32| u64::try_from(tokens).unwrap_or_default();
    let usage = event.usage.as_ref().map(|usage| Usage {
        input_tokens: count(usage.input_tokens),
        output_tokens: count(usage.output_tokens),
        total_tokens: count(usage.total_tokens),
        cache_read_input_tokens: usage.cache_read_input_tokens.map(count).unwrap_or_default(),
        cache_write_input_tokens: usage
            .cache_write_input_tokens
            .map(count)
            .unwrap_or_default(),
    });
    let latency = event.metrics.as_ref().map(|metrics| metrics.latency_ms);
    Delta::Metadata {
        usage: usage.unwrap_or_default(),
        latency_ms: latency
            .and_then(|ms| u64::try_from(ms).ok())
            .unwrap_or_default(),
    }
}

/// Bedrock counts blocks from 0.
fn index(block: i32) -> u32 {
    u32::try_from(block).unwrap_or_default()
}
