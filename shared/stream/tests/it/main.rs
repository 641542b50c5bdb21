//! The sender against connections that are slow, broken or gone. Time is paused: the figures are exact.

#![expect(
    clippy::unwrap_used,
    reason = "a test may panic, and so may what only tests use"
)]

mod end;
mod figures;
mod lines;
mod pages;
mod property;
mod stage;
mod trouble;
