//! Random generation of sequences of transitions. Nearly every transition is possible at any time, so the reference
//! state consists only of the runs that were started.

use longwire_core::options::IfBusy;
use proptest::prelude::*;
use proptest::strategy::Union;
use proptest_state_machine::ReferenceStateMachine;

use crate::attempt_plan::attempt_plan;
use crate::fault::faults;
use crate::transition::Transition;

/// Most runs that a sequence starts. Their numbers stay below that of the final run.
const MAX_RUNS: usize = 6;

/// Connections that send `resume`. The row of a run has room for them and for the connection that started the run.
const CONNECTIONS: usize = 3;

/// Requests of a short operation, such as a start or a cancellation, including some repetitions.
const SHORT: u32 = 7;

/// Requests of an attempt.
const LONG: u32 = 15;

/// Reference state machine that generates the sequences.
#[derive(Debug)]
pub(crate) struct Sequences;

impl ReferenceStateMachine for Sequences {
    /// The `ifBusy` option of each started run. A duplicate start has the same option.
    type State = Vec<IfBusy>;
    type Transition = Transition;

    fn init_state() -> BoxedStrategy<Vec<IfBusy>> {
        Just(Vec::new()).boxed()
    }

    fn transitions(runs: &Vec<IfBusy>) -> BoxedStrategy<Transition> {
        let mut weighted = vec![(3, start(runs))];
        if !runs.is_empty() {
            weighted.extend([
                (3, duplicate_start(runs)),
                (7, deliver()),
                (5, continue_operation()),
                (1, crash()),
                (2, cancel(runs.len())),
                (2, resume(runs.len())),
                (3, wait()),
                (1, sweep()),
            ]);
        }
        Union::new_weighted(weighted).boxed()
    }

    fn apply(mut runs: Vec<IfBusy>, transition: &Transition) -> Vec<IfBusy> {
        match transition {
            Transition::Start { run, if_busy, .. } if *run == runs.len() => runs.push(*if_busy),
            Transition::Start { .. }
            | Transition::Cancel { .. }
            | Transition::Resume { .. }
            | Transition::Deliver { .. }
            | Transition::Continue { .. }
            | Transition::Crash { .. }
            | Transition::Wait(_)
            | Transition::Sweep { .. } => {}
        }
        runs
    }

    /// Rejects starts of one run with different options, which shrinking may lead to because it removes starts.
    fn preconditions(runs: &Vec<IfBusy>, transition: &Transition) -> bool {
        match transition {
            Transition::Start { run, if_busy, .. } => {
                runs.get(*run).is_none_or(|known| known == if_busy)
            }
            Transition::Cancel { .. }
            | Transition::Resume { .. }
            | Transition::Deliver { .. }
            | Transition::Continue { .. }
            | Transition::Crash { .. }
            | Transition::Wait(_)
            | Transition::Sweep { .. } => true,
        }
    }
}

/// Generates the start of a new run, or a duplicate start when there are [`MAX_RUNS`].
fn start(runs: &[IfBusy]) -> BoxedStrategy<Transition> {
    if runs.len() == MAX_RUNS {
        return duplicate_start(runs);
    }
    let run = runs.len();
    let if_busy = prop_oneof![
        3 => Just(IfBusy::Queue),
        2 => Just(IfBusy::Reject),
        2 => Just(IfBusy::Interrupt),
    ];
    (if_busy, faults(SHORT))
        .prop_map(move |(if_busy, faults)| Transition::Start {
            run,
            if_busy,
            faults,
        })
        .boxed()
}

fn duplicate_start(runs: &[IfBusy]) -> BoxedStrategy<Transition> {
    let known: Vec<_> = runs.iter().copied().enumerate().collect();
    (prop::sample::select(known), faults(SHORT))
        .prop_map(|((run, if_busy), faults)| Transition::Start {
            run,
            if_busy,
            faults,
        })
        .boxed()
}

fn cancel(runs: usize) -> BoxedStrategy<Transition> {
    (0..runs, faults(SHORT))
        .prop_map(|(run, faults)| Transition::Cancel { run, faults })
        .boxed()
}

fn resume(runs: usize) -> BoxedStrategy<Transition> {
    (0..runs, 0..CONNECTIONS, faults(SHORT))
        .prop_map(|(run, connection, faults)| Transition::Resume {
            run,
            connection,
            faults,
        })
        .boxed()
}

fn deliver() -> BoxedStrategy<Transition> {
    let redelivery = prop::bool::weighted(0.2);
    (any::<usize>(), redelivery, attempt_plan(), faults(LONG))
        .prop_map(|(message, redelivery, plan, faults)| Transition::Deliver {
            message,
            redelivery,
            plan,
            faults,
        })
        .boxed()
}

fn continue_operation() -> BoxedStrategy<Transition> {
    (any::<usize>(), faults(SHORT))
        .prop_map(|(operation, faults)| Transition::Continue { operation, faults })
        .boxed()
}

fn crash() -> BoxedStrategy<Transition> {
    any::<usize>()
        .prop_map(|operation| Transition::Crash { operation })
        .boxed()
}

/// Generates waits that end within the timeout of a client request, within that of a sweep, after a lease and the
/// delay of a requeued job, after the `wakeBy` deadline of a leased run, and after every `wakeBy` deadline.
fn wait() -> BoxedStrategy<Transition> {
    prop::sample::select(vec![1, 20, 51, 170, 310])
        .prop_map(Transition::Wait)
        .boxed()
}

fn sweep() -> BoxedStrategy<Transition> {
    faults(SHORT)
        .prop_map(|faults| Transition::Sweep { faults })
        .boxed()
}
