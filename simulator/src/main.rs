//! The binary: reads its arguments, binds, says where it listens, serves until it is told to stop.

use anyhow::Context;
use clap::Parser;
use simulator::{options::Arguments, server, stop};
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
    let stop = stop::requested()?;
    server::announce(&listener)?;
    server::serve(listener, options, stop)
        .await
        .context("serving")
}
