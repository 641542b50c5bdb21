//! Command line and settings of the simulator.

use std::{net::IpAddr, path::PathBuf};

use clap::{Args, Parser};

/// Simulates Bedrock Runtime, a Knowledge Base, a weather service and an issuer of tokens.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Arguments {
    /// Port to listen on; 0 selects a free one.
    #[arg(long)]
    pub port: u16,
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    pub host: IpAddr,
    /// Settings of the simulator.
    #[command(flatten)]
    pub options: Options,
}

/// Settings of one simulator; the default has the built-in documents and no upstream model.
#[derive(Args, Clone, Debug, Default)]
pub struct Options {
    /// Folder of `*.md` documents for the Knowledge Base, in place of the built-in ones.
    #[arg(long)]
    pub knowledge: Option<PathBuf>,
    /// Upstream model that responds in place of the rules.
    #[command(flatten)]
    pub upstream: Upstream,
}

/// An OpenAI-compatible server that responds in place of the rule-based model. Scenarios and validation
/// apply as without it.
#[derive(Args, Clone, Debug, Default)]
pub struct Upstream {
    /// Base URL of the server with its version, such as `http://127.0.0.1:8080/v1`.
    #[arg(long = "upstream", env = "SIM_UPSTREAM")]
    pub base_url: Option<String>,
    /// Model id for the upstream requests; the model id of the Bedrock request when absent.
    #[arg(long = "upstream-model", env = "SIM_UPSTREAM_MODEL")]
    pub model: Option<String>,
    /// API key, sent as a bearer token.
    #[arg(
        long = "upstream-key",
        env = "SIM_UPSTREAM_KEY",
        hide_env_values = true
    )]
    pub key: Option<String>,
    /// Forces the tool that the rules would call, because small models ignore tools they may choose.
    #[arg(long = "upstream-force-tools", env = "SIM_UPSTREAM_FORCE_TOOLS", num_args = 0..=1,
          default_value_t = false, value_parser = clap::builder::FalseyValueParser::new(), default_missing_value = "true")]
    pub force_tools: bool,
}
