//! Identifiers of the simulator's own making.

use rand::distr::{Alphanumeric, SampleString};

/// A request id for `x-amzn-requestid` and the records.
pub(crate) fn request() -> String {
    format!("sim-{}", random(20))
}

/// A tool call's id in the shape Claude on Bedrock gives it.
pub(crate) fn tool_use() -> String {
    format!("tooluse_{}", random(22))
}

fn random(length: usize) -> String {
    Alphanumeric.sample_string(&mut rand::rng(), length)
}
