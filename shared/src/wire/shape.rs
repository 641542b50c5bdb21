//! How a connection wants its frames.

use serde::{Deserialize, Serialize};

/// The subprotocol with several lines to a frame.
pub const SUBPROTOCOL: &str = "longwire.v1";

/// The most a frame holds, in bytes of UTF-8. API Gateway's limit for a frame is 32 KB.
pub const MAX_FRAME_BYTES: usize = 28_672;

/// The shapes of the events (docs/protocol.md sections 2 and 8).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// The canonical events.
    #[default]
    Agui,
    /// `{"event":…,"data":…}`.
    Blocks,
    /// `{"type":"text"|"other","message":…}`.
    Typed,
    /// `{"type":"token"|"status"|"done","value":…}`.
    Simple,
    /// Bedrock's own stream events.
    Bedrock,
    /// The words alone.
    Text,
}

impl Format {
    /// All of them, in the order the protocol lists them.
    pub const ALL: [Self; 6] = [
        Self::Agui,
        Self::Blocks,
        Self::Typed,
        Self::Simple,
        Self::Bedrock,
        Self::Text,
    ];

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Agui => "agui",
            Self::Blocks => "blocks",
            Self::Typed => "typed",
            Self::Simple => "simple",
            Self::Bedrock => "bedrock",
            Self::Text => "text",
        }
    }

    /// The format of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// How many lines share a frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lines {
    /// One: plain clients parse a frame as one JSON text.
    #[default]
    One,
    /// As many as are ready: JSON Lines, for clients that offered [`SUBPROTOCOL`].
    Many,
}

/// How a connection wants its frames.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// The shape of the events.
    pub format: Format,
    /// How many of them share a frame. Every format but `agui` has one.
    pub lines: Lines,
}
