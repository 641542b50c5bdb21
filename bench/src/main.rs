//! The bench: drives unmodified functions against fakes of AWS that share one clock (docs/performance.md).

mod options;

mod clock;
mod fakes;
mod trace;

mod events;
mod function;
mod quota;
mod stage;

mod cell;
mod handshake;
mod sender;

mod figures;
mod gate;

mod authorizer;
mod bench;
mod cold;
mod regression;
mod report;
mod storm;

use std::io::{Write as _, stdout};

use anyhow::Result;
use clap::Parser as _;

use crate::options::Options;

// One thread for all fakes, so that on two cores the functions have the other one; another thread drives the timers.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let text = if options.regression {
        regression::run(&options).await?
    } else {
        bench::run(&options).await?
    };
    stdout().write_all(text.as_bytes())?;
    Ok(())
}
