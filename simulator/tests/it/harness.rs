//! Test harness: a simulator per test, messages to send, responses received.

pub(crate) mod message;
pub(crate) mod raw;
pub(crate) mod response;
pub(crate) mod simulator;
