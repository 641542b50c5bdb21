//! Integration tests: drive the simulator with AWS's SDK over HTTP.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test must report its line"
)]

mod binding;
mod converse;
mod disconnects;
mod events;
mod families;
mod faults;
mod harness;
mod issuer;
mod knowledge;
mod process;
mod reasoning;
mod recordings;
mod records;
mod rules;
mod scenarios;
mod timing;
mod upstream;
mod validation;
mod weather;
