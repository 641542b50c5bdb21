//! x

pub mod env;
pub mod sdk;
pub mod telemetry;
