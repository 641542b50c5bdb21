//! Start of a Lambda function: its settings, its log, and AWS clients with time limits.

pub mod env;
pub mod sdk;
pub mod telemetry;
