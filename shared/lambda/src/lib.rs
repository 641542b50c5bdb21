//! Start of a Lambda function: its settings, its log, AWS clients with time limits, and their connections.

pub mod env;
pub mod sdk;
pub mod sqs;
pub mod telemetry;
pub mod warm_up;
