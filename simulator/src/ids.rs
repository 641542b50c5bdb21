//! Identifiers: the fixed one of the Knowledge Base, and generated ones.

use rand::distr::{Alphanumeric, SampleString};

use crate::families::family::CallIds;

/// Identifier of the Knowledge Base; every other one does not exist.
pub const KNOWLEDGE_BASE: &str = "KBSIM00001";

/// Generates a request id for `x-amzn-requestid` and the records.
pub(crate) fn request() -> String {
    format!("sim-{}", random(20))
}

/// Generates the id of a signing key.
pub(crate) fn signing_key() -> String {
    format!("key-{}", random(12))
}

/// Generates a tool use id in the format of Claude on Bedrock.
pub(crate) fn tool_use() -> String {
    format!("tooluse_{}", random(22))
}

/// Generates a tool use id in this format. `position` counts the calls of the message from 0.
pub(crate) fn tool_use_in(format: CallIds, name: &str, position: usize) -> String {
    match format {
        CallIds::ToolUse => tool_use(),
        CallIds::NineAlphanumerics => random(9),
        CallIds::NameAndIndex => format!("{name}:{position}"),
    }
}

fn random(length: usize) -> String {
    Alphanumeric.sample_string(&mut rand::rng(), length)
}
