//! Frame of a run: the beginning that all its requests to the model share.

use serde::{Deserialize, Serialize};

use crate::ids::MessageId;
use crate::job::known_version;
use crate::tool::ToolSpec;

/// Model, system prompt, tools and first message of all requests of a run, as its first one had them. Models bind their
/// reasoning to everything that stood before it, and refuse it after a change (platform.claude.com, "Preserved thinking"),
/// so a worker that continues a run sends the frame of the one that began it, also after a deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunFrame {
    /// Version of this shape. A frame of a newer version cannot be deserialized.
    #[serde(deserialize_with = "known_version")]
    pub v: u32,
    /// Id of the model.
    pub model: String,
    /// System prompt.
    pub system: String,
    /// Tools that the model was offered.
    pub tools: Vec<ToolSpec>,
    /// Number of the first message of the thread that the model was shown.
    pub first_message: u64,
    /// Id of that message.
    pub first_message_id: Option<MessageId>,
    /// The requests repeat the reasoning of the run.
    pub reasoning: bool,
}
