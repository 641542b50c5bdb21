//! Format and framing that a connection chose.

use serde::{Deserialize, Serialize};

use crate::lenient::or_default;

/// Format of the events a connection receives (docs/protocol.md sections 2 and 8).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// AG-UI 1.0 events.
    #[default]
    Agui,
    /// `{"event":…,"data":…}`.
    Blocks,
    /// `{"type":"text"|"other","message":…}`.
    Typed,
    /// `{"type":"token"|"status"|"done","value":…}`.
    Simple,
    /// Stream events of Bedrock's ConverseStream.
    Bedrock,
    /// Text alone.
    Text,
}

impl Format {
    /// All formats, in the order of the protocol.
    pub const ALL: [Self; 6] = [
        Self::Agui,
        Self::Blocks,
        Self::Typed,
        Self::Simple,
        Self::Bedrock,
        Self::Text,
    ];

    /// Name on the wire.
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

    /// Format with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// Number of JSON lines per frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lines {
    /// One line per frame: plain clients parse a frame as one JSON text.
    #[default]
    One,
    /// All lines that are ready (JSON Lines), for clients that offered the subprotocol `longwire.v1`.
    Many,
}

/// Format and framing of a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Format of the events; the default in place of one that only a newer version knows.
    #[serde(deserialize_with = "or_default")]
    pub format: Format,
    /// Lines per frame. Every format except `agui` has one.
    #[serde(deserialize_with = "or_default")]
    pub lines: Lines,
}
