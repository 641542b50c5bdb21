//! State-machine test of the store, the scheduler and the runner against the DynamoDB and SQS of a running stack, or against
//! an emulator in memory.
//!
//! A case is a random sequence of transitions on one thread: starts, duplicate starts, texts for runs, results of the client's
//! tools, decisions about calls that need approval, cancels, resumes, deliveries, sweeps, deletions, erasures and the passing of time. Between any two of its requests an
//! operation may pause, crash, or meet a store that fails. The invariants are checked after each write and after each result
//! that a client receives. At the end of a case all runs must end, and the thread must answer another prompt.
//!
//! The operations are those of `longwire-store`, `longwire-scheduler` and `longwire-runner`. Only the agent loop of
//! an attempt is replaced by a plan that is part of the case, without model, tools and posts. The clock is simulated.
//! Messages are sent to a queue that is never read; the case delivers copies of them, in any order and more than
//! once.

mod options;

mod case;
mod cases;
mod counters;

mod attempt_plan;
mod fault;
mod sequences;
mod transition;

mod agent_loop;
mod answers;
mod approved_calls;
mod erase;
mod ingest;
mod open_calls;
mod operation;
mod steer;
mod sweep;
mod system;
mod worker;

mod clients;
mod emulator;
mod environment;
mod memory;
mod queue_messages;
mod run_names;
mod stubs;

mod fault_injector;
mod intercepting_client;
mod request;

mod completion;
mod final_state;
mod invariants;
mod observations;
mod results;
mod snapshot;
mod stored_messages;
mod waits;

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
