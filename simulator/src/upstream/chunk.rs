//! Chunks of a streamed chat completion in OpenAI's format.

use serde::Deserialize;

/// Data of one server-sent event.
#[derive(Debug, Deserialize)]
pub(crate) struct Chunk {
    #[serde(default)]
    pub(crate) choices: Vec<Choice>,
    pub(crate) usage: Option<CompletionUsage>,
    pub(crate) error: Option<serde_json::Value>,
}

/// One choice; requests ask for one.
#[derive(Debug, Deserialize)]
pub(crate) struct Choice {
    #[serde(default)]
    pub(crate) delta: ChoiceDelta,
    pub(crate) finish_reason: Option<String>,
}

/// Delta of a choice.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ChoiceDelta {
    pub(crate) content: Option<String>,
    /// Reasoning text; an extension of llama.cpp and vLLM.
    pub(crate) reasoning_content: Option<String>,
    pub(crate) tool_calls: Option<Vec<ToolCallDelta>>,
}

/// Delta of a tool call. Some servers repeat the id and the name in each delta.
#[derive(Debug, Deserialize)]
pub(crate) struct ToolCallDelta {
    #[serde(default)]
    pub(crate) index: usize,
    #[serde(default)]
    pub(crate) function: FunctionDelta,
}

/// Name of a function, and a part of its arguments.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct FunctionDelta {
    pub(crate) name: Option<String>,
    pub(crate) arguments: Option<String>,
}

/// Token counts; some servers do not send them.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct CompletionUsage {
    #[serde(default)]
    pub(crate) prompt_tokens: usize,
    #[serde(default)]
    pub(crate) completion_tokens: usize,
}
