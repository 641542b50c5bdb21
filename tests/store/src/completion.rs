//! Completion of a case, without further faults: all operations and messages, then a final prompt. When nothing was
//! lost, the messages suffice for every run to end; what was lost is recovered by a sweep or by the final prompt, which
//! ends a wait for results of the client's tools. A wait with runs behind it expires before.

use longwire_core::options::IfBusy;

use crate::attempt_plan::AttemptPlan;
use crate::erase::erase;
use crate::ingest::start;
use crate::run_names::{FINAL_RUN, run_name};
use crate::sweep::sweep;
use crate::system::System;

/// Time after which every `wakeBy` deadline has passed, in seconds: that of a queued run that was woken five times.
const PAST_WAKE_BY: u64 = 300 << 5;

/// Most sweeps until the system counts as idle.
const MAX_SWEEPS: usize = 3;

/// Most rounds until the system counts as looping.
const MAX_ROUNDS: usize = 400;

/// Most attempts at the final prompt.
const MAX_PROMPTS: usize = 3;

/// Completes all runs, then starts and completes the final run. The final start is rejected while the run queue is
/// not empty, and then repeated as a user would repeat it.
pub(crate) async fn complete(system: &mut System) {
    system.continue_all().await;
    complete_erasures(system).await;
    complete_runs(system).await;
    let run = run_name(FINAL_RUN);
    for _ in 0..MAX_PROMPTS {
        trace(system, "The final prompt");
        let start = start(&system.environment, &run, IfBusy::Reject, true, Vec::new());
        system.execute(start).await;
        complete_runs(system).await;
        let answered = system
            .environment
            .observations()
            .acknowledged
            .contains(&run);
        if answered {
            // The final prompt may have started the next generation of an expired thread.
            return complete_erasures(system).await;
        }
    }
    violation(system, "the thread accepts no prompt");
}

/// Erases all former generations.
async fn complete_erasures(system: &mut System) {
    trace(system, "All former generations are erased");
    let records = system.environment.observations().former_generations.len();
    for record in 0..records {
        if let Some(erasure) = erase(&system.environment, record, Vec::new()) {
            system.execute(erasure).await;
        }
    }
}

/// Delivers all messages and sweeps, until no run is unfinished or the sweeps are used up.
async fn complete_runs(system: &mut System) {
    trace(system, "All runs complete");
    let mut sweeps = 0;
    for _ in 0..MAX_ROUNDS {
        if let Some(message) = system.environment.choose_message(0, false) {
            let delivery = system.delivery(message, AttemptPlan::shortest(), Vec::new());
            system.execute(delivery).await;
            continue;
        }
        let next = system.environment.queue_messages().next_visible_at();
        if let Some(visible_at) = next {
            system.wait(visible_at - system.environment.now());
            continue;
        }
        let (complete, until) = state(system).await;
        if let Some(until) = until.filter(|_| !complete) {
            // The runs behind a wait begin when it has expired.
            system.wait((until + 1).saturating_sub(system.environment.now()));
            let sweep = sweep(&system.environment, Vec::new());
            system.execute(sweep).await;
            continue;
        }
        if sweeps == MAX_SWEEPS || complete {
            return;
        }
        let explained = {
            let observations = system.environment.observations();
            observations.anything_lost || observations.has_only_remainders()
        };
        if !explained {
            violation(system, "a wake-up was lost without a fault");
            return;
        }
        sweeps += 1;
        system.wait(PAST_WAKE_BY);
        let sweep = sweep(&system.environment, Vec::new());
        system.execute(sweep).await;
    }
    violation(system, "the runs never complete");
}

/// Tells whether all runs are complete, and when a wait of the thread expires, unless no run is behind it: the final prompt
/// ends that one.
async fn state(system: &System) -> (bool, Option<u64>) {
    let snapshot = system.environment.snapshot().await;
    let behind = !snapshot.run_queue().is_empty();
    let until = snapshot.pending().map(|pending| pending.until);
    (snapshot.is_complete(), until.filter(|_| behind))
}

fn trace(system: &System, line: &str) {
    system
        .environment
        .observations()
        .trace_line(line.to_owned());
}

fn violation(system: &System, violation: &str) {
    system
        .environment
        .observations()
        .violation(violation.to_owned());
}
