//! Sends one prompt to a deployment over its WebSocket and checks the answer. Exits with 0 when it is complete, with 1 when it is
//! not, and with 2 when the command line or the token is invalid.

mod options;

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
use crate::target::Target;

fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) if error.kind() == ErrorKind::DisplayHelp => error.exit(),
        // The error of the parser names the argument, which may be the URL.
        Err(_) => return usage("the command line is not right; --help explains it"),
    };
    let target = match Target::new(&options.url, options::token()) {
        Ok(target) => target,
        Err(error) => return usage(&error.to_string()),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(_) => return usage("the threads of the program could not be started"),
    };
    let output = Output::without(target.secrets());
    let answered = runtime.block_on(tries::run(&target, &options, &output));
    // A name that is still being resolved must not delay the end.
    runtime.shutdown_background();
    ExitCode::from(u8::from(!answered))
}

fn usage(text: &str) -> ExitCode {
    Output::plain().problem(&format!("error: {text}"));
    ExitCode::from(2)
}
