//! Identifiers: the fixed one of the Knowledge Base, and generated ones.

use rand::distr::{Alphanumeric, SampleString};

/// Identifier of the Knowledge Base; every other one does not exist.
pub const KNOWLEDGE_BASE: &str = "KBSIM00001";

/// Generates a request id for `x-amzn-requestid` and the records.
pub(crate) fn request() -> String {
    format!("sim-{}", random(20))
}

/// Generates a tool use id in the format of Claude on Bedrock.
pub(crate) fn tool_use() -> String {
    format!("tooluse_{}", random(22))
}

fn random(length: usize) -> String {
    Alphanumeric.sample_string(&mut rand::rng(), length)
}
