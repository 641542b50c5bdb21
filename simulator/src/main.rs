//! The binary: reads its arguments, binds, says where it listens, serves until it is told to stop.

use std::{net::IpAddr, path::PathBuf};

use anyhow::Context;
use clap::Parser;
use simulator::{
    options::{Options, Upstream},
    server, stop,
};
use tokio::net::TcpListener;

/// Plays Bedrock Runtime, a Knowledge Base and a weather service on this machine.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The port to listen on; 0 takes any free one.
    #[arg(long)]
    port: u16,
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// A folder of Markdown documents for the Knowledge Base, in place of the built-in ones.
    #[arg(long)]
    knowledge: Option<PathBuf>,
    #[command(flatten)]
    upstream: Upstream,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::parse();
    let listener = TcpListener::bind((arguments.host, arguments.port))
        .await
        .context("binding the port")?;
    let options = Options {
        knowledge: arguments.knowledge,
        upstream: arguments.upstream,
    };
    let stop = stop::requested()?;
    server::announce(&listener)?;
    server::serve(listener, options, stop)
        .await
        .context("serving")
}
