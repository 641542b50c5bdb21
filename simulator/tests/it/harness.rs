//! What the tests share: a simulator of their own, the reading of answers, the making of messages.

pub(crate) mod answer;
pub(crate) mod message;
pub(crate) mod simulator;
