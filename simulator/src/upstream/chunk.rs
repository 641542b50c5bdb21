//! The chunks of an OpenAI-compatible stream.

use serde::Deserialize;

/// One `data:` line.
#[derive(Debug, Deserialize)]
pub(crate) struct Chunk {
    #[serde(default)]
    pub(crate) choices: Vec<Choice>,
    pub(crate) usage: Option<Counts>,
    pub(crate) error: Option<serde_json::Value>,
}

/// The one answer.
#[derive(Debug, Deserialize)]
pub(crate) struct Choice {
    #[serde(default)]
    pub(crate) delta: Piece,
    pub(crate) finish_reason: Option<String>,
}

/// What a chunk adds.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Piece {
    pub(crate) content: Option<String>,
    /// llama.cpp's and vLLM's field for thought.
    pub(crate) reasoning_content: Option<String>,
    pub(crate) tool_calls: Option<Vec<Call>>,
}

/// A piece of a tool call. Some servers repeat id and name with each piece.
#[derive(Debug, Deserialize)]
pub(crate) struct Call {
    #[serde(default)]
    pub(crate) index: usize,
    #[serde(default)]
    pub(crate) function: Function,
}

/// Name and a fragment of the arguments.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Function {
    pub(crate) name: Option<String>,
    pub(crate) arguments: Option<String>,
}

/// Token counts; not every server sends them.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Counts {
    #[serde(default)]
    pub(crate) prompt_tokens: usize,
    #[serde(default)]
    pub(crate) completion_tokens: usize,
}
