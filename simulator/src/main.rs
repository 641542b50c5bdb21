//! The `simulator` binary: parses the arguments, binds the port, prints the ready line, serves until a signal.

use anyhow::Context;
use clap::Parser;
use simulator::{options::Arguments, server, shutdown};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let Arguments {
        port,
        host,
        options,
    } = Arguments::parse();
    let listener = TcpListener::bind((host, port))
        .await
        .context("binding the port")?;
    let shutdown = shutdown::requested()?;
    server::print_ready_line(&listener)?;
    server::serve(listener, options, shutdown)
        .await
        .context("serving")
}
