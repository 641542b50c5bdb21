//! Events of ConverseStream as [`Delta`]s.

use std::time::Duration;

use aws_sdk_bedrockruntime::primitives::event_stream::EventReceiver;
use aws_sdk_bedrockruntime::types::error::ConverseStreamOutputError;
use aws_sdk_bedrockruntime::types::{
    ContentBlockDelta, ContentBlockStart, ConverseStreamMetadataEvent, ConverseStreamOutput,
    ReasoningContentBlockDelta, StopReason as SdkStopReason,
};
use futures::StreamExt;
use futures::stream::try_unfold;
use longwire_agent::model::{Delta, Deltas, ModelError, ReasoningDelta, StopReason};
use longwire_core::message::Usage;
use tokio::time::timeout;

use crate::bedrock::errors;

/// Longest wait for the metadata after the stop reason. A reply without metadata is still complete.
const METADATA_WAIT: Duration = Duration::from_secs(5);

type Receiver = EventReceiver<ConverseStreamOutput, ConverseStreamOutputError>;

/// Stream of a reply. An error is its last item; an end without [`Delta::Stop`] is an error. Dropping the stream
/// drops the response body, which closes the HTTP stream to the model.
pub(super) fn deltas(receiver: Receiver, idle: Duration) -> Deltas {
    let reply = Reply {
        receiver,
        idle,
        stopped: false,
    };
    try_unfold(reply, |mut reply| async move {
        let delta = reply.next().await?;
        Ok(delta.map(|delta| (delta, reply)))
    })
    .boxed()
}

struct Reply {
    receiver: Receiver,
    idle: Duration,
    /// Set after the stop reason, when only metadata may follow.
    stopped: bool,
}

impl Reply {
    async fn next(&mut self) -> Result<Option<Delta>, ModelError> {
        loop {
            let event = match self.event().await {
                Ok(Some(event)) => event,
                Ok(None) if self.stopped => return Ok(None),
                Ok(None) => return Err(errors::unfinished()),
                Err(error) if self.stopped => {
                    tracing::warn!(
                        event = "model_metadata_missing",
                        error = %error,
                        "the reply is complete, but its metadata did not arrive"
                    );
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
            true => self.idle.min(METADATA_WAIT),
            false => self.idle,
        };
        let event = timeout(limit, self.receiver.recv()).await;
        let event = event.map_err(|_| errors::idle(limit))?;
        event.map_err(|error| errors::within_reply(&error))
    }
}

/// Converts an event; `None` for one that is not needed or not known.
pub(super) fn delta(event: ConverseStreamOutput) -> Option<Delta> {
    match event {
        ConverseStreamOutput::ContentBlockStart(event) => {
            start(index(event.content_block_index), event.start?)
        }
        ConverseStreamOutput::ContentBlockDelta(event) => {
            convert_delta(index(event.content_block_index), event.delta?)
        }
        ConverseStreamOutput::ContentBlockStop(event) => Some(Delta::BlockStop {
            block: index(event.content_block_index),
        }),
        ConverseStreamOutput::MessageStop(event) => Some(Delta::Stop(stop(&event.stop_reason))),
        ConverseStreamOutput::Metadata(event) => Some(metadata(&event)),
        ConverseStreamOutput::MessageStart(_) => None,
        _ => unknown("event"),
    }
}

fn start(block: u32, start: ContentBlockStart) -> Option<Delta> {
    match start {
        ContentBlockStart::ToolUse(call) => {
            let name = call.name;
            Some(Delta::ToolStart { block, name })
        }
        _ => unknown("block start"),
    }
}

/// Converts a delta of a block. Empty deltas, which some models send at the start of a block, are left out.
fn convert_delta(block: u32, delta: ContentBlockDelta) -> Option<Delta> {
    let non_empty = |text: &String| !text.is_empty();
    match delta {
        ContentBlockDelta::Text(text) => {
            let text = Some(text).filter(non_empty)?;
            Some(Delta::Text { block, text })
        }
        ContentBlockDelta::ToolUse(input) => {
            let json = Some(input.input).filter(non_empty)?;
            Some(Delta::ToolInput { block, json })
        }
        ContentBlockDelta::ReasoningContent(reasoning) => {
            let delta = match reasoning {
                ReasoningContentBlockDelta::Text(text) => {
                    ReasoningDelta::Text(Some(text).filter(non_empty)?)
                }
                ReasoningContentBlockDelta::Signature(signature) => {
                    ReasoningDelta::Signature(Some(signature).filter(non_empty)?)
                }
                ReasoningContentBlockDelta::RedactedContent(bytes) => {
                    ReasoningDelta::Redacted(bytes.into_inner())
                }
                _ => return unknown("reasoning delta"),
            };
            Some(Delta::Reasoning { block, delta })
        }
        _ => unknown("block delta"),
    }
}

fn unknown(kind: &str) -> Option<Delta> {
    tracing::debug!(
        event = "model_event_skipped",
        kind,
        "skipped an event of the model that this version does not know"
    );
    None
}

fn stop(reason: &SdkStopReason) -> StopReason {
    match reason {
        SdkStopReason::EndTurn => StopReason::EndTurn,
        SdkStopReason::ToolUse => StopReason::ToolUse,
        SdkStopReason::MaxTokens => StopReason::MaxTokens,
        SdkStopReason::StopSequence => StopReason::StopSequence,
        SdkStopReason::GuardrailIntervened => StopReason::GuardrailIntervened,
        SdkStopReason::ContentFiltered => StopReason::ContentFiltered,
        SdkStopReason::MalformedModelOutput => StopReason::MalformedModelOutput,
        SdkStopReason::MalformedToolUse => StopReason::MalformedToolUse,
        SdkStopReason::ModelContextWindowExceeded => StopReason::ModelContextWindowExceeded,
        other => {
            tracing::warn!(
                event = "stop_reason_unknown",
                reason = other.as_str(),
                "the model stopped for a reason that this version does not know"
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
        estimated: false,
    });
    let latency = event.metrics.as_ref().map(|metrics| metrics.latency_ms);
    Delta::Metadata {
        // The SDK makes counts of zero where the event has none.
        usage: usage.filter(|usage| *usage != Usage::default()),
        latency_ms: latency
            .and_then(|ms| u64::try_from(ms).ok())
            .filter(|ms| *ms > 0),
    }
}

/// Index of a block; Bedrock counts from 0.
fn index(block: i32) -> u32 {
    u32::try_from(block).unwrap_or_default()
}
