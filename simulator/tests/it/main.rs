//! Drives the simulator as its users do: with AWS's SDK over HTTP.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

mod answers;
mod harness;
