//! The sequences: what the world does next. Nearly everything is possible at any time, so the state that they
//! are drawn from is only which runs have a name.

use longwire_core::options::IfBusy;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::Union;
use proptest_state_machine::ReferenceStateMachine;

use crate::trouble::{Trouble, troubles};

/// The most runs of a thread in one sequence; see `case::run_name`.
const MOST_RUNS: usize = 6;

/// One thing that happens. Numbers that choose among what is there wrap round.
#[derive(Debug, Clone)]
pub(crate) enum Transition {
    /// A client's prompt: of a new run, or of one that was prompted before.
    Start {
        run: usize,
        if_busy: IfBusy,
        troubles: Vec<Trouble>,
    },
    /// Somebody wants a run stopped.
    Cancel { run: usize, troubles: Vec<Trouble> },
    /// A client's `resume` request, from a connection of this number.
    Resume {
        run: usize,
        connection: usize,
        troubles: Vec<Trouble>,
    },
    /// A message of the queue comes to a worker; `old`: one that was done with may come, too.
    Deliver {
        message: usize,
        old: bool,
        work: Work,
        troubles: Vec<Trouble>,
    },
    /// What stood still goes on.
    GoOn {
        operation: usize,
        troubles: Vec<Trouble>,
    },
    /// What stood still dies.
    Die { operation: usize },
    /// Time passes, in seconds.
    Wait(u64),
    /// The sweep looks for what nobody moved.
    Sweep { troubles: Vec<Trouble> },
}

/// What a worker does with a run that it was given.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    /// Its reads are answered before it takes the run, although it asks for both at once.
    pub reads_first: bool,
    /// It repeats a failing write until it succeeds; else it gives up after the first failure.
    pub patient: bool,
    /// First.
    pub acts: Vec<Act>,
    /// Then.
    pub last: Last,
}

/// What a worker does before the last thing.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    Step,
    Renew,
}

/// The last thing a worker does with a run.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Last {
    Finish,
    Fail,
    HandOver,
    Cut,
}

impl Work {
    /// The shortest answer.
    pub(crate) fn plain() -> Self {
        Self {
            reads_first: false,
            patient: true,
            acts: Vec::new(),
            last: Last::Finish,
        }
    }
}

/// Connections that resume; a run's row has room for them beside the one that started it.
const CONNECTIONS: usize = 3;

/// As many requests as a start or a cancel makes, with some more when the store fails.
const FEW: u32 = 7;

/// As many as a worker makes for a run.
const MANY: u32 = 15;

/// Draws sequences.
#[derive(Debug)]
pub(crate) struct Sequences;

impl ReferenceStateMachine for Sequences {
    /// The runs that have a name, each with what becomes of it when the thread is busy: a repeated prompt is the
    /// same one.
    type State = Vec<IfBusy>;
    type Transition = Transition;

    fn init_state() -> BoxedStrategy<Vec<IfBusy>> {
        Just(Vec::new()).boxed()
    }

    fn transitions(runs: &Vec<IfBusy>) -> BoxedStrategy<Transition> {
        let mut weighted = vec![(3, start(runs))];
        if !runs.is_empty() {
            weighted.extend([
                (3, repeat(runs)),
                (7, deliver()),
                (5, go_on()),
                (1, die()),
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
            | Transition::GoOn { .. }
            | Transition::Die { .. }
            | Transition::Wait(_)
            | Transition::Sweep { .. } => {}
        }
        runs
    }

    /// After another start was left out, a run may have another number.
    fn preconditions(runs: &Vec<IfBusy>, transition: &Transition) -> bool {
        match transition {
            Transition::Start { run, if_busy, .. } => {
                runs.get(*run).is_none_or(|known| known == if_busy)
            }
            Transition::Cancel { .. }
            | Transition::Resume { .. }
            | Transition::Deliver { .. }
            | Transition::GoOn { .. }
            | Transition::Die { .. }
            | Transition::Wait(_)
            | Transition::Sweep { .. } => true,
        }
    }
}

/// A new run, as long as there are not too many.
fn start(runs: &[IfBusy]) -> BoxedStrategy<Transition> {
    if runs.len() == MOST_RUNS {
        return repeat(runs);
    }
    let run = runs.len();
    let if_busy = prop_oneof![
        3 => Just(IfBusy::Queue),
        2 => Just(IfBusy::Reject),
        2 => Just(IfBusy::Interrupt),
    ];
    (if_busy, troubles(FEW))
        .prop_map(move |(if_busy, troubles)| Transition::Start {
            run,
            if_busy,
            troubles,
        })
        .boxed()
}

fn repeat(runs: &[IfBusy]) -> BoxedStrategy<Transition> {
    let known: Vec<_> = runs.iter().copied().enumerate().collect();
    (prop::sample::select(known), troubles(FEW))
        .prop_map(|((run, if_busy), troubles)| Transition::Start {
            run,
            if_busy,
            troubles,
        })
        .boxed()
}

fn cancel(named: usize) -> BoxedStrategy<Transition> {
    (0..named, troubles(FEW))
        .prop_map(|(run, troubles)| Transition::Cancel { run, troubles })
        .boxed()
}

fn resume(named: usize) -> BoxedStrategy<Transition> {
    (0..named, 0..CONNECTIONS, troubles(FEW))
        .prop_map(|(run, connection, troubles)| Transition::Resume {
            run,
            connection,
            troubles,
        })
        .boxed()
}

fn deliver() -> BoxedStrategy<Transition> {
    let old = prop::bool::weighted(0.2);
    (any::<usize>(), old, work(), troubles(MANY))
        .prop_map(|(message, old, work, troubles)| Transition::Deliver {
            message,
            old,
            work,
            troubles,
        })
        .boxed()
}

fn work() -> impl Strategy<Value = Work> {
    let act = prop_oneof![3 => Just(Act::Step), 1 => Just(Act::Renew)];
    let last = prop_oneof![
        4 => Just(Last::Finish),
        1 => Just(Last::Fail),
        2 => Just(Last::HandOver),
        1 => Just(Last::Cut),
    ];
    (
        prop::bool::weighted(0.2),
        any::<bool>(),
        vec(act, 0..3),
        last,
    )
        .prop_map(|(reads_first, patient, acts, last)| Work {
            reads_first,
            patient,
            acts,
            last,
        })
}

fn die() -> BoxedStrategy<Transition> {
    any::<usize>()
        .prop_map(|operation| Transition::Die { operation })
        .boxed()
}

fn sweep() -> BoxedStrategy<Transition> {
    troubles(FEW)
        .prop_map(|troubles| Transition::Sweep { troubles })
        .boxed()
}

fn go_on() -> BoxedStrategy<Transition> {
    (any::<usize>(), troubles(FEW))
        .prop_map(|(operation, troubles)| Transition::GoOn {
            operation,
            troubles,
        })
        .boxed()
}

/// Shorter than a request may take; past a message's pause; past a lease; past each `wakeBy`.
fn wait() -> BoxedStrategy<Transition> {
    prop::sample::select(vec![1, 20, 51, 170, 310])
        .prop_map(Transition::Wait)
        .boxed()
}
