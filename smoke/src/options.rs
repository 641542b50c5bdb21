//! Command line.

use std::time::Duration;

use clap::Parser;

/// Sends one prompt to a deployment over its WebSocket and checks the answer.
///
/// LONGWIRE_TOKEN is the token with which it connects, where one is needed. Prints the prompt and the answer, and neither the URL
/// nor the token. Roles and routes may take a minute to reach all of AWS after a deployment, so it tries several times.
#[derive(Debug, Parser)]
#[command(name = "smoke", override_usage = "smoke [OPTIONS] wss://…")]
pub(crate) struct Options {
    /// URL of the WebSocket: `terraform output -raw websocket_url`.
    #[arg(value_name = "URL")]
    pub(crate) url: String,
    /// Number of tries.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub(crate) tries: u32,
    /// Seconds between two tries.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(..=300))]
    pub(crate) pause: u32,
    /// Seconds that one try may take, with a cold start and a slow model.
    #[arg(long, default_value_t = 75, value_parser = clap::value_parser!(u32).range(1..=900))]
    pub(crate) timeout: u32,
}

impl Options {
    /// Time between two tries.
    pub(crate) fn pause(&self) -> Duration {
        Duration::from_secs(self.pause.into())
    }

    /// Time limit of a try.
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout.into())
    }
}
