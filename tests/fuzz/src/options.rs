//! Options of the command line.

use std::time::Duration;

use clap::{Parser, ValueEnum};

/// Gives random and damaged input to what reads the text of clients and services.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// Time for each target, in seconds.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Targets; all unless given.
    #[arg(long = "target")]
    targets: Vec<Target>,
    /// Seed of the input; random unless given.
    #[arg(long, default_value_t = rand::random())]
    pub(crate) seed: u64,
}

/// Parser that gets the input.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Target {
    /// Frames of clients.
    Requests,
    /// Tokens of a handshake.
    Tokens,
    /// Cursors, ids, keys and bodies of messages.
    Cursors,
    /// Events of services, in the envelopes of AWS.
    Events,
}

impl Options {
    pub(crate) fn targets(&self) -> Vec<Target> {
        if self.targets.is_empty() {
            Target::value_variants().to_vec()
        } else {
            self.targets.clone()
        }
    }

    /// Time for each target.
    pub(crate) fn time(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}
