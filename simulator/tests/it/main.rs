//! Drives the simulator as its users do: with AWS's SDK over HTTP.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

mod answers;
mod dropped;
mod faults;
mod harness;
mod knowledge;
mod process;
mod reasoning;
mod recordings;
mod records;
mod scenarios;
mod timing;
mod upstream;
mod validation;
mod weather;
mod whole;
