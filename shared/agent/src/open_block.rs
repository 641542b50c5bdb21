//! A block of a reply while it is being received.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use longwire_core::approval::ApprovalNeeded;
use longwire_core::ids::{CallId, MessageId};
use longwire_core::message::Block;
use longwire_core::tool::ToolCall;
use longwire_protocol::numbered::{Draft, Executor};

use crate::block_events;
use crate::model::ReasoningDelta;

/// Arguments of a call for which the model wrote none.
const NO_ARGUMENTS: &str = "{}";

/// Block of a reply that is being received.
pub(super) struct OpenBlock {
    kind: Kind,
    /// Set once the start event was returned.
    started: bool,
    /// Set once the block has ended.
    ended: bool,
}

enum Kind {
    Text {
        id: MessageId,
        text: String,
    },
    Reasoning {
        id: MessageId,
        text: String,
        signature: Option<String>,
    },
    Redacted {
        bytes: Vec<u8>,
    },
    Call {
        id: CallId,
        name: String,
        json: String,
        parent: MessageId,
    },
}

impl OpenBlock {
    /// Starts an empty text.
    pub(super) fn text() -> Self {
        Self::new(Kind::Text {
            id: MessageId::random(),
            text: String::new(),
        })
    }

    /// Starts a block for this delta.
    pub(super) fn reasoning(delta: &ReasoningDelta) -> Self {
        Self::new(match delta {
            ReasoningDelta::Redacted(_) => Kind::Redacted { bytes: Vec::new() },
            ReasoningDelta::Text(_) | ReasoningDelta::Signature(_) => Kind::Reasoning {
                id: MessageId::random(),
                text: String::new(),
                signature: None,
            },
        })
    }

    /// Tells whether this delta continues the block. Encrypted reasoning and reasoning as text are blocks of their own.
    pub(super) fn continues_reasoning(&self, delta: &ReasoningDelta) -> bool {
        match delta {
            ReasoningDelta::Redacted(_) => matches!(self.kind, Kind::Redacted { .. }),
            ReasoningDelta::Text(_) | ReasoningDelta::Signature(_) => {
                matches!(self.kind, Kind::Reasoning { .. })
            }
        }
    }

    /// Tells whether the block is reasoning as text that has ended.
    pub(super) fn is_ended_reasoning(&self) -> bool {
        self.ended && matches!(self.kind, Kind::Reasoning { .. })
    }

    /// Adds a part of the signature to reasoning, also after its end: without it the model refuses the reasoning.
    pub(super) fn sign(&mut self, part: &str) {
        if let Kind::Reasoning { signature, .. } = &mut self.kind {
            signature.get_or_insert_default().push_str(part);
        }
    }

    /// Starts a tool call. Returns the block and its start event.
    pub(super) fn call(
        block: u32,
        name: String,
        executor: Executor,
        approval: Option<ApprovalNeeded>,
        parent: MessageId,
    ) -> (Self, Draft) {
        let id = CallId::random();
        let start = block_events::call_start(&id, &name, executor, approval, &parent, block);
        let kind = Kind::Call {
            id,
            name,
            json: String::new(),
            parent,
        };
        let open = Self {
            started: true,
            ..Self::new(kind)
        };
        (open, start)
    }

    fn new(kind: Kind) -> Self {
        Self {
            kind,
            started: false,
            ended: false,
        }
    }

    /// Tells whether the block is a text.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text { .. })
    }

    /// Tells whether the block is a tool call.
    pub(super) fn is_call(&self) -> bool {
        matches!(self.kind, Kind::Call { .. })
    }

    /// Tells whether the block has not ended.
    pub(super) fn is_open(&self) -> bool {
        !self.ended
    }

    /// Id of the block if it is a text whose start event was returned.
    pub(super) fn started_text(&self) -> Option<&MessageId> {
        match &self.kind {
            Kind::Text { id, .. } if self.started => Some(id),
            _ => None,
        }
    }

    /// Adds text. An empty delta leads to no event, because AG-UI refuses it.
    pub(super) fn add_text(&mut self, block: u32, delta: &str) -> Vec<Draft> {
        let Kind::Text { id, text } = &mut self.kind else {
            return Vec::new();
        };
        if delta.is_empty() {
            return Vec::new();
        }
        text.push_str(delta);
        let mut drafts = Vec::new();
        if !std::mem::replace(&mut self.started, true) {
            drafts.push(block_events::text_start(id, block));
        }
        drafts.push(block_events::text_content(id, delta));
        drafts
    }

    /// Adds reasoning. Its text leads to events only when `show` is set, its signature never.
    pub(super) fn add_reasoning(
        &mut self,
        block: u32,
        delta: ReasoningDelta,
        show: bool,
    ) -> Vec<Draft> {
        if let (ReasoningDelta::Redacted(part), Kind::Redacted { bytes }) = (&delta, &mut self.kind)
        {
            bytes.extend_from_slice(part);
        }
        let Kind::Reasoning {
            id,
            text,
            signature,
        } = &mut self.kind
        else {
            return Vec::new();
        };
        match delta {
            ReasoningDelta::Signature(part) => signature.get_or_insert_default().push_str(&part),
            ReasoningDelta::Text(part) if !part.is_empty() => {
                text.push_str(&part);
                if show {
                    let mut drafts = Vec::new();
                    if !std::mem::replace(&mut self.started, true) {
                        drafts.extend(block_events::reasoning_start(id, block));
                    }
                    drafts.push(block_events::reasoning_content(id, part));
                    return drafts;
                }
            }
            ReasoningDelta::Text(_) | ReasoningDelta::Redacted(_) => {}
        }
        Vec::new()
    }

    /// Adds a delta of a tool call's arguments.
    pub(super) fn add_input(&mut self, delta: &str) -> Option<Draft> {
        let Kind::Call { id, json, .. } = &mut self.kind else {
            return None;
        };
        if delta.is_empty() {
            return None;
        }
        json.push_str(delta);
        Some(block_events::call_args(id, delta))
    }

    /// Ends the block. Returns its end events the first time, nothing afterwards.
    pub(super) fn end(&mut self) -> Vec<Draft> {
        if std::mem::replace(&mut self.ended, true) || !self.started {
            return Vec::new();
        }
        match &self.kind {
            Kind::Text { id, .. } => vec![block_events::text_end(id)],
            Kind::Reasoning { id, .. } => block_events::reasoning_end(id).into(),
            Kind::Redacted { .. } => Vec::new(),
            // Clients parse the concatenated deltas as JSON; without any delta that would fail.
            Kind::Call { id, json, .. } if json.is_empty() => vec![
                block_events::call_args(id, NO_ARGUMENTS),
                block_events::call_end(id),
            ],
            Kind::Call { id, .. } => vec![block_events::call_end(id)],
        }
    }

    /// Block to store; `None` when it has no content.
    pub(super) fn into_block(self) -> Option<Block> {
        match self.kind {
            Kind::Text { id, text } => self.started.then_some(Block::Text { id, text }),
            Kind::Reasoning {
                text, signature, ..
            } => (!text.is_empty() || signature.is_some())
                .then_some(Block::Reasoning { text, signature }),
            Kind::Redacted { bytes } => Some(Block::RedactedReasoning {
                data: BASE64.encode(bytes),
            }),
            Kind::Call {
                id,
                name,
                json,
                parent,
            } => Some(Block::ToolCall(ToolCall {
                id,
                name,
                arguments: if json.is_empty() {
                    NO_ARGUMENTS.to_owned()
                } else {
                    json
                },
                parent,
            })),
        }
    }
}
