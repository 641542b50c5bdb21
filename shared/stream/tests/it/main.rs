//! Streams to connections that are slow, broken or gone. Time is paused, so the figures are exact.

#![expect(
    clippy::unwrap_used,
    reason = "a test may panic, and so may what only tests use"
)]

mod batches;
mod dropped;
mod failures;
mod figures;
mod frames;
mod property;
mod reads;

mod clients;
mod durable_log;
mod stage;
