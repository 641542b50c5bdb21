//! Events of a response stream ("API_runtime_ConverseStreamOutput").

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Start of the message.
    MessageStart,
    /// Start of a `toolUse` block. Text and reasoning blocks have no start event, as with Claude.
    ToolStart {
        /// Index of the block.
        index: usize,
        /// Identifier of the call.
        id: String,
        /// Name of the tool.
        name: String,
    },
    /// Delta of a block.
    Delta {
        /// Index of the block.
        index: usize,
        /// Content of the delta.
        delta: Delta,
    },
    /// End of a block.
    BlockStop {
        /// Index of the block.
        index: usize,
    },
    /// End of the message.
    MessageStop {
        /// Stop reason.
        reason: String,
    },
    /// Metadata after the end of the message.
    Metadata(Usage),
}

/// Content of a delta.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    /// Text.
    Text(String),
    /// Part of a tool call's input, as JSON text.
    ToolInput(String),
    /// Reasoning text.
    Reasoning(String),
    /// Signature of the reasoning text.
    Signature(String),
    /// Encrypted reasoning in base64.
    Redacted(String),
}

/// Token counts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Usage {
    /// Tokens of the request.
    pub input: usize,
    /// Tokens of the response.
    pub output: usize,
}
