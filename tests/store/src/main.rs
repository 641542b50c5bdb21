//! A state-machine test of the store's operations, against the running stack's DynamoDB and SQS: starts, repeats,
//! cancels, deliveries, workers and sweeps in any order, each of which may stop, die or meet a failing store
//! between any two of its requests. Afterwards everything is let come to rest, and what must hold is looked at.
//!
//! The operations are those of `longwire-store`, `longwire-scheduler` and `longwire-runner`; only the agent loop of an
//! attempt is played by the sequence, without model, tools and posts. Time is what the operations are told. The queue's messages are delivered by the
//! test, in any order and as often as it likes.

mod options;

mod cases;
mod stage;
mod tally;
mod transition;
mod trouble;

mod ingest;
mod model;
mod operation;
mod worker;
mod world;

mod case;
mod gate;
mod pool;
mod request;
mod site;

mod ledger;
mod rest;
mod snapshot;
mod verdict;

use std::io::{Write, stdout};
use std::process::ExitCode;

use clap::Parser;

use crate::options::Options;

fn main() -> anyhow::Result<ExitCode> {
    let report = cases::run(&Options::parse())?;
    writeln!(stdout(), "{report}")?;
    Ok(if report.passed() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
