//! Random generation of sequences of transitions. Nearly every transition is possible at any time, so the reference
//! state consists only of the runs that were started.

use longwire_core::options::IfBusy;
use proptest::prelude::*;
use proptest::strategy::Union;
use proptest_state_machine::ReferenceStateMachine;

use crate::answers::Choices;
use crate::attempt_plan::{AttemptEnd, attempt_plan};
use crate::fault::faults;
use crate::transition::Transition;

/// Most runs that a sequence starts. Their numbers stay below that of the final run.
const MAX_RUNS: usize = 6;

/// Most texts that a sequence sends to runs: more than may wait for one.
const MAX_TEXTS: usize = 8;

/// Connections that send `resume`. The row of a run has room for them and for the connection that started the run.
const CONNECTIONS: usize = 3;

/// Most rounds after which a run is cancelled, resumed or sent a text that follows another.
const ROUNDS: usize = 2;

/// Requests of a short operation, such as a start or a cancellation, including some repetitions.
const SHORT: u32 = 7;

/// Requests of an attempt.
const LONG: u32 = 15;

/// Ends with open calls until which a sequence delivers many messages with such ends.
const ASKS: usize = 3;

/// Longer than an idle thread lives, in seconds.
const THREAD_EXPIRED: u64 = 25 * 3600;

/// State of a sequence.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    /// The `ifBusy` option of each started run. A duplicate start has the same option.
    runs: Vec<IfBusy>,
    /// The run of each text that was sent. A repeated one has the same run.
    texts: Vec<usize>,
    /// Number of deliveries whose plan ends with open calls.
    asks: usize,
    /// An idle thread has expired. It does so once, because the row of a run expires at twice that time.
    expired: bool,
}

/// Reference state machine that generates the sequences.
#[derive(Debug)]
pub(crate) struct Sequences;

impl ReferenceStateMachine for Sequences {
    type State = State;
    type Transition = Transition;

    fn init_state() -> BoxedStrategy<State> {
        Just(State::default()).boxed()
    }

    fn transitions(state: &State) -> BoxedStrategy<Transition> {
        let runs = &state.runs;
        // Some of these ends come to nothing, because of a fault, or because no run is there.
        let (deliveries, asks) = if state.asks < ASKS { (30, 30) } else { (12, 8) };
        let answers = if state.asks == 0 { 1 } else { 20 };
        let mut weighted = vec![(6, start(runs))];
        if !runs.is_empty() {
            weighted.extend([
                (4, duplicate_start(runs)),
                (deliveries, deliver(asks)),
                (6, continue_operation()),
                (1, crash()),
                (3, cancel(runs.len())),
                (7, steer(&state.texts, runs.len())),
                (4, resume(runs.len())),
                (answers, answer()),
                (3, wait()),
                (1, sweep()),
                (1, delete()),
                (2, erase()),
            ]);
        }
        Union::new_weighted(weighted).boxed()
    }

    fn apply(mut state: State, transition: &Transition) -> State {
        match transition {
            Transition::Start { run, if_busy, .. } if *run == state.runs.len() => {
                state.runs.push(*if_busy);
            }
            Transition::Steer { text, run, .. } if *text == state.texts.len() => {
                state.texts.push(*run);
            }
            Transition::Deliver { plan, .. } if matches!(plan.end, AttemptEnd::Ask(_)) => {
                state.asks += 1;
            }
            Transition::Wait(THREAD_EXPIRED) => state.expired = true,
            Transition::Start { .. }
            | Transition::Steer { .. }
            | Transition::Answer { .. }
            | Transition::Cancel { .. }
            | Transition::Resume { .. }
            | Transition::Deliver { .. }
            | Transition::Continue { .. }
            | Transition::Crash { .. }
            | Transition::Delete { .. }
            | Transition::Erase { .. }
            | Transition::Wait(_)
            | Transition::Sweep { .. } => {}
        }
        state
    }

    /// Rejects starts of one run with different options and a text for different runs, which shrinking may lead to because
    /// it removes transitions, and a second expiry.
    fn preconditions(state: &State, transition: &Transition) -> bool {
        match transition {
            Transition::Start { run, if_busy, .. } => {
                let known = state.runs.get(*run);
                known.is_none_or(|known| known == if_busy)
            }
            Transition::Steer { text, run, .. } => {
                let known = state.texts.get(*text);
                known.is_none_or(|known| known == run)
            }
            Transition::Wait(THREAD_EXPIRED) => !state.expired,
            Transition::Answer { .. }
            | Transition::Cancel { .. }
            | Transition::Resume { .. }
            | Transition::Deliver { .. }
            | Transition::Continue { .. }
            | Transition::Crash { .. }
            | Transition::Delete { .. }
            | Transition::Erase { .. }
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
    (if_busy, supersede(), faults(SHORT))
        .prop_map(move |(if_busy, supersede, faults)| Transition::Start {
            run,
            if_busy,
            supersede,
            faults,
        })
        .boxed()
}

fn duplicate_start(runs: &[IfBusy]) -> BoxedStrategy<Transition> {
    let known: Vec<_> = runs.iter().copied().enumerate().collect();
    (prop::sample::select(known), supersede(), faults(SHORT))
        .prop_map(|((run, if_busy), supersede, faults)| Transition::Start {
            run,
            if_busy,
            supersede,
            faults,
        })
        .boxed()
}

/// Generates whether a start supersedes a wait. A client that was refused may repeat its start so.
fn supersede() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.3)
}

fn answer() -> BoxedStrategy<Transition> {
    let choices = (
        prop::bool::weighted(0.7),
        any::<usize>(),
        prop::bool::weighted(0.6),
        prop::bool::weighted(0.9),
    );
    let choices = choices.prop_map(|(first, part, all, right_kind)| Choices {
        first,
        part,
        all,
        right_kind,
    });
    (any::<usize>(), choices, faults(LONG))
        .prop_map(|(call, choices, faults)| Transition::Answer {
            call,
            choices,
            faults,
        })
        .boxed()
}

fn cancel(runs: usize) -> BoxedStrategy<Transition> {
    (0..runs, 0..=ROUNDS, faults(SHORT))
        .prop_map(|(run, rounds, faults)| Transition::Cancel {
            run,
            rounds,
            faults,
        })
        .boxed()
}

/// Generates a new text for any run, or a repetition of one.
fn steer(texts: &[usize], runs: usize) -> BoxedStrategy<Transition> {
    let known: Vec<_> = texts.iter().copied().enumerate().collect();
    let text = texts.len();
    let new = (0..runs).prop_map(move |run| (text, run));
    let sent = match (known.is_empty(), text == MAX_TEXTS) {
        (true, _) => new.boxed(),
        (false, true) => prop::sample::select(known).boxed(),
        (false, false) => prop_oneof![3 => new, 1 => prop::sample::select(known)].boxed(),
    };
    (sent, 0..=ROUNDS, faults(SHORT))
        .prop_map(|((text, run), rounds, faults)| Transition::Steer {
            text,
            run,
            rounds,
            faults,
        })
        .boxed()
}

fn resume(runs: usize) -> BoxedStrategy<Transition> {
    (0..runs, 0..=ROUNDS, 0..CONNECTIONS, faults(SHORT))
        .prop_map(|(run, rounds, connection, faults)| Transition::Resume {
            run,
            rounds,
            connection,
            faults,
        })
        .boxed()
}

/// Generates a delivery. `asks` is the weight of an end with open calls.
fn deliver(asks: u32) -> BoxedStrategy<Transition> {
    let redelivery = prop::bool::weighted(0.2);
    (any::<usize>(), redelivery, attempt_plan(asks), faults(LONG))
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
/// delay of a requeued job, after the `wakeBy` deadline of a leased run, after every `wakeBy` deadline, and after the
/// expiry of a thread.
fn wait() -> BoxedStrategy<Transition> {
    prop::sample::select(vec![1, 20, 51, 170, 310, THREAD_EXPIRED])
        .prop_map(Transition::Wait)
        .boxed()
}

fn delete() -> BoxedStrategy<Transition> {
    faults(SHORT)
        .prop_map(|faults| Transition::Delete { faults })
        .boxed()
}

fn erase() -> BoxedStrategy<Transition> {
    (any::<usize>(), faults(LONG))
        .prop_map(|(record, faults)| Transition::Erase { record, faults })
        .boxed()
}

fn sweep() -> BoxedStrategy<Transition> {
    faults(SHORT)
        .prop_map(|faults| Transition::Sweep { faults })
        .boxed()
}
