//! Runs the program as a user does.

use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

/// Token of the tests.
pub(crate) const TOKEN: &str = "a-token-of-the-tests-0123456789";

/// Result of the program.
#[derive(Debug, PartialEq)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Asserts that a text is in neither output.
    #[track_caller]
    pub(crate) fn hides(&self, text: &str) {
        let Self { out, err, .. } = self;
        assert!(
            !out.contains(text) && !err.contains(text),
            "{text} is in: {out}{err}"
        );
    }
}

/// Runs the program with the token of the tests, and one try unless the arguments say otherwise.
pub(crate) async fn smoke(arguments: &[&str]) -> Ran {
    smoke_with(arguments, &[("LONGWIRE_TOKEN", TOKEN)]).await
}

/// Runs the program with these environment variables.
pub(crate) async fn smoke_with(arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_smoke"));
    command
        .args(arguments)
        .env_remove("LONGWIRE_TOKEN")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let ended = timeout(Duration::from_secs(60), command.output()).await;
    let Output {
        status,
        stdout,
        stderr,
    } = ended
        .expect("the program ends")
        .expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Ran {
        status: status.code(),
        out: text(stdout),
        err: text(stderr),
    }
}
