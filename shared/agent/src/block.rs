//! A block of an answer that is being put together.

use serde_json::Value;

use crate::model::Thought;
use longwire_core::ids::{CallId, MessageId};
use longwire_core::message::Block;
use longwire_core::tool::ToolCall;
use longwire_protocol::event::{AssistantRole, Event, ReasoningRole};
use longwire_protocol::numbered::{Annotations, Draft, Executor};

/// A block that is being put together.
pub(super) struct Open {
    kind: Kind,
    /// Its start was told to the client.
    told: bool,
    /// Its end came.
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
        data: String,
    },
    Call {
        id: CallId,
        name: String,
        json: String,
        parent: MessageId,
    },
}

impl Open {
    pub(super) fn text() -> Self {
        Self::new(Kind::Text {
            id: MessageId::random(),
            text: String::new(),
        })
    }

    /// A block for this thought. Sealed thoughts are blocks of their own.
    pub(super) fn reasoning(thought: &Thought) -> Self {
        Self::new(match thought {
            Thought::Redacted(_) => Kind::Redacted {
                data: String::new(),
            },
            Thought::Text(_) | Thought::Signature(_) => Kind::Reasoning {
                id: MessageId::random(),
                text: String::new(),
                signature: None,
            },
        })
    }

    /// This thought goes on here.
    pub(super) fn is_reasoning(&self, thought: &Thought) -> bool {
        matches!(self.kind, Kind::Reasoning { .. }) && !matches!(thought, Thought::Redacted(_))
    }

    /// A call, and the draft that says so.
    pub(super) fn call(block: u32, name: String, parent: MessageId) -> (Self, Draft) {
        let id = CallId::random();
        let start = Event::ToolCallStart {
            tool_call_id: id.clone(),
            tool_call_name: name.clone(),
            parent_message_id: parent.clone(),
        };
        let annotations = Annotations {
            executor: Some(Executor::Server),
            ..starts(block)
        };
        let open = Self {
            told: true,
            ..Self::new(Kind::Call {
                id,
                name,
                json: String::new(),
                parent,
            })
        };
        (open, start.annotated(annotations))
    }

    fn new(kind: Kind) -> Self {
        Self {
            kind,
            told: false,
            ended: false,
        }
    }

    pub(super) fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text { .. })
    }

    /// Its end did not come yet.
    pub(super) fn is_open(&self) -> bool {
        !self.ended
    }

    /// The id of this text, when it is one.
    pub(super) fn text_id(&self) -> Option<&MessageId> {
        match &self.kind {
            Kind::Text { id, .. } if self.told => Some(id),
            _ => None,
        }
    }

    /// Adds words. An empty piece says nothing: AG-UI refuses an empty delta.
    pub(super) fn add_text(&mut self, block: u32, piece: &str) -> Vec<Draft> {
        let Kind::Text { id, text } = &mut self.kind else {
            return Vec::new();
        };
        if piece.is_empty() {
            return Vec::new();
        }
        text.push_str(piece);
        let mut drafts = Vec::new();
        if !self.told {
            self.told = true;
            let start = Event::TextMessageStart {
                message_id: id.clone(),
                role: AssistantRole::Assistant,
            };
            drafts.push(start.annotated(starts(block)));
        }
        drafts.push(
            Event::TextMessageContent {
                message_id: id.clone(),
                delta: piece.to_owned(),
            }
            .into(),
        );
        drafts
    }

    /// Adds thinking; its words are told only when asked for, its seal never.
    pub(super) fn add_thought(&mut self, block: u32, thought: Thought, show: bool) -> Vec<Draft> {
        if let (Thought::Redacted(sealed), Kind::Redacted { data }) = (&thought, &mut self.kind) {
            data.clone_from(sealed);
        }
        let Kind::Reasoning {
            id,
            text,
            signature,
        } = &mut self.kind
        else {
            return Vec::new();
        };
        match thought {
            Thought::Signature(piece) => signature.get_or_insert_default().push_str(&piece),
            Thought::Text(piece) if !piece.is_empty() => {
                text.push_str(&piece);
                if show {
                    let first = !std::mem::replace(&mut self.told, true);
                    return thinking(id, block, piece, first);
                }
            }
            Thought::Text(_) | Thought::Redacted(_) => {}
        }
        Vec::new()
    }

    /// Adds a piece of a call's arguments.
    pub(super) fn add_input(&mut self, piece: &str) -> Option<Draft> {
        let Kind::Call { id, json, .. } = &mut self.kind else {
            return None;
        };
        if piece.is_empty() {
            return None;
        }
        json.push_str(piece);
        Some(
            Event::ToolCallArgs {
                tool_call_id: id.clone(),
                delta: piece.to_owned(),
            }
            .into(),
        )
    }

    /// Ends the block, once.
    pub(super) fn end(&mut self) -> Vec<Draft> {
        if std::mem::replace(&mut self.ended, true) || !self.told {
            return Vec::new();
        }
        match &self.kind {
            Kind::Text { id, .. } => vec![
                Event::TextMessageEnd {
                    message_id: id.clone(),
                }
                .into(),
            ],
            Kind::Reasoning { id, .. } => vec![
                Event::ReasoningMessageEnd {
                    message_id: id.clone(),
                }
                .into(),
                Event::ReasoningEnd {
                    message_id: id.clone(),
                }
                .into(),
            ],
            Kind::Redacted { .. } => Vec::new(),
            Kind::Call { id, json, .. } => {
                let end = Event::ToolCallEnd {
                    tool_call_id: id.clone(),
                }
                .into();
                if json.is_empty() {
                    // Clients parse the joined pieces: no piece at all would not be JSON.
                    let args = Event::ToolCallArgs {
                        tool_call_id: id.clone(),
                        delta: "{}".to_owned(),
                    };
                    return vec![args.into(), end];
                }
                vec![end]
            }
        }
    }

    /// The block to keep, if there is anything to keep.
    pub(super) fn into_block(self) -> Option<Block> {
        match self.kind {
            Kind::Text { id, text } => self.told.then_some(Block::Text { id, text }),
            Kind::Reasoning {
                text, signature, ..
            } => (!text.is_empty() || signature.is_some())
                .then_some(Block::Reasoning { text, signature }),
            Kind::Redacted { data } => Some(Block::RedactedReasoning { data }),
            Kind::Call {
                id,
                name,
                json,
                parent,
            } => Some(Block::ToolCall(ToolCall {
                id,
                name,
                input: input(&json),
                parent,
            })),
        }
    }
}

fn starts(block: u32) -> Annotations {
    Annotations {
        block: Some(block),
        ..Annotations::default()
    }
}

fn thinking(id: &MessageId, block: u32, delta: String, first: bool) -> Vec<Draft> {
    let mut drafts = Vec::new();
    if first {
        let role = ReasoningRole::Reasoning;
        drafts.push(
            Event::ReasoningStart {
                message_id: id.clone(),
            }
            .annotated(starts(block)),
        );
        drafts.push(
            Event::ReasoningMessageStart {
                message_id: id.clone(),
                role,
            }
            .into(),
        );
    }
    drafts.push(
        Event::ReasoningMessageContent {
            message_id: id.clone(),
            delta,
        }
        .into(),
    );
    drafts
}

/// The arguments of a call: nothing is an empty object; what is no JSON is kept as the text it is, for
/// the tool to refuse.
fn input(json: &str) -> Value {
    if json.trim().is_empty() {
        return Value::Object(serde_json::Map::new());
    }
    serde_json::from_str(json).unwrap_or_else(|_| Value::String(json.to_owned()))
}
