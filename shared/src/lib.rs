//! Everything Longwire's functions share, in layers: a module uses its own layer and those above it.

// 0 words: what is said, without anything that happens.
pub mod ids;
pub mod job;
pub mod message;
pub mod run;
pub mod wire;

// 1 thought: what to do, without AWS.
pub mod agent;
pub mod history;
pub mod model;
pub mod sender;
pub mod tools;

// 2 hands: what does it.
pub mod aws;

// 3 process: how a function starts.
pub mod env;
pub mod telemetry;
