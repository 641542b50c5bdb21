//! What a simulator can be told when it starts.

use std::{net::IpAddr, path::PathBuf};

use clap::{Args, Parser};

/// Plays Bedrock Runtime, a Knowledge Base and a weather service on this machine.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Arguments {
    /// The port to listen on; 0 takes any free one.
    #[arg(long)]
    pub port: u16,
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    pub host: IpAddr,
    /// The rest.
    #[command(flatten)]
    pub options: Options,
}

/// The settings of one simulator; the default is the built-in documents and no upstream.
#[derive(Args, Clone, Debug, Default)]
pub struct Options {
    /// A folder of `*.md` documents for the Knowledge Base, in place of the ones shipped in the binary.
    #[arg(long)]
    pub knowledge: Option<PathBuf>,
    /// The real model to ask in place of the rules, if any.
    #[command(flatten)]
    pub upstream: Upstream,
}

/// An OpenAI-compatible server that answers in place of the rule-based model. Scenarios and
/// validation stay as they are.
#[derive(Args, Clone, Debug, Default)]
pub struct Upstream {
    /// Base URL of the server, with its version: `http://127.0.0.1:8080/v1`.
    #[arg(long = "upstream", env = "SIM_UPSTREAM")]
    pub base_url: Option<String>,
    /// The model to name in requests; without it, the one that Bedrock's caller named.
    #[arg(long = "upstream-model", env = "SIM_UPSTREAM_MODEL")]
    pub model: Option<String>,
    /// Sent as a bearer token.
    #[arg(
        long = "upstream-key",
        env = "SIM_UPSTREAM_KEY",
        hide_env_values = true
    )]
    pub key: Option<String>,
    /// Forces the tool that the rules would have called: small models ignore tools they may choose.
    #[arg(long = "upstream-force-tools", env = "SIM_UPSTREAM_FORCE_TOOLS", num_args = 0..=1,
          default_value_t = false, value_parser = clap::builder::FalseyValueParser::new(), default_missing_value = "true")]
    pub force_tools: bool,
}
