//! Sends one prompt to a deployment over its WebSocket and checks the answer. Exits with 0 when it is complete, with 1 when it is
//! not, and with 2 when the command line or the token is invalid.

mod env;
mod options;
mod run;

mod answer;
mod failure;
mod output;
mod socket;
mod target;
mod tries;

use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

use crate::options::Options;
use crate::output::Output;

fn main() -> ExitCode {
    match Options::try_parse() {
        Ok(options) => run::run(&options, env::token()),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => error.exit(),
        // The error of the parser names the argument, which may be the URL.
        Err(_) => {
            Output::plain().problem("error: the command line is not right; --help explains it");
            ExitCode::from(2)
        }
    }
}
