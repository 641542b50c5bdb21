//! From the command line to the exit status.

use std::ffi::OsString;
use std::process::ExitCode;

use tokio::runtime::Builder;

use crate::options::Options;
use crate::output::Output;
use crate::target::Target;
use crate::tries;

/// Asks the deployment, and returns the status with which the program ends.
pub(crate) fn run(options: &Options, token: Option<OsString>) -> ExitCode {
    let target = match Target::new(&options.url, token) {
        Ok(target) => target,
        Err(error) => return problem(2, &error.to_string()),
    };
    let Ok(runtime) = Builder::new_current_thread().enable_all().build() else {
        return problem(1, "the threads of the program could not be started");
    };
    let output = Output::without(target.secrets());
    let answered = runtime.block_on(tries::run(&target, options, &output));
    // A name that is still being resolved must not delay the end.
    runtime.shutdown_background();
    ExitCode::from(u8::from(!answered))
}

fn problem(status: u8, text: &str) -> ExitCode {
    Output::plain().problem(&format!("error: {text}"));
    ExitCode::from(status)
}
