//! Random and damaged input for what reads the text of clients and services: requests, tokens, cursors, events.
//!
//! A target fails when it panics, accepts what it must refuse, answers without a code, or needs memory out of proportion to
//! the input. The input is then made smaller, and printed with the seed.

mod damage;
mod options;
mod run;

#[path = "../../../lambdas/push/src/bad_request.rs"]
mod bad_request;
#[path = "../../../lambdas/push/src/envelope.rs"]
mod envelope;
#[path = "../../../lambdas/push/src/request.rs"]
mod request;

mod targets {
    pub(crate) mod cursors;
    pub(crate) mod events;
    pub(crate) mod requests;
    pub(crate) mod tokens;
}

use std::process::ExitCode;

use clap::Parser as _;
use peak_alloc::PeakAlloc;

use crate::options::{Options, Target};
use crate::targets::{cursors, events, requests, tokens};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    let mut passed = true;
    for target in options.targets() {
        passed &= match target {
            Target::Requests => requests::fuzz(&options),
            Target::Tokens => tokens::fuzz(&options)?,
            Target::Cursors => cursors::fuzz(&options),
            Target::Events => events::fuzz(&options),
        };
    }
    Ok(ExitCode::from(u8::from(!passed)))
}
