//! The words for an answer under way.

use std::time::Duration;

use futures::stream::BoxStream;

use crate::error::AwsError;

/// One thing that the model's side of a stream does.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Sends an event.
    Send(Event),
    /// Sends an exception event and ends.
    Raise(AwsError),
    /// Falls silent with the connection open, for good.
    Stall,
    /// Sends half a frame and breaks the connection.
    Cut,
}

/// An event of the stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The answer begins.
    MessageStart,
    /// A tool call begins; text and reasoning begin without a word, as Claude's do.
    ToolStart {
        /// The block's index.
        index: usize,
        /// The call's id.
        id: String,
        /// The tool's name.
        name: String,
    },
    /// A piece of a block.
    Delta {
        /// The block's index.
        index: usize,
        /// What it adds.
        delta: Delta,
    },
    /// A block is complete.
    BlockStop {
        /// The block's index.
        index: usize,
    },
    /// The answer is complete.
    MessageStop {
        /// Why.
        reason: String,
    },
    /// Counts, after the end.
    Metadata(Usage),
}

/// What a delta adds to its block.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    /// Words.
    Text(String),
    /// A fragment of a tool's arguments as JSON text.
    ToolInput(String),
    /// Thought.
    Reasoning(String),
    /// The signature of the thought.
    Signature(String),
    /// An unreadable thought in base64.
    Redacted(String),
}

/// Token counts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Usage {
    /// Of the request.
    pub input: usize,
    /// Of the answer.
    pub output: usize,
}

/// Actions of one response; each is yielded at its time.
pub(crate) type Acts = BoxStream<'static, Act>;

/// An act and its time, counted from the request's arrival.
#[derive(Clone, Debug, PartialEq)]
pub struct Cue {
    /// When.
    pub at: Duration,
    /// What.
    pub act: Act,
}
