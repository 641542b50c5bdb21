//! Plan of an attempt, which replaces the agent loop, and its random generation.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::fault_injector::Order;

/// Shorter time for answers to calls, in seconds: longer than any passing of time but the longest.
const ANSWER_SHORT: u64 = 400;

/// Longer time for them, in seconds. An idle thread lives for less.
pub(crate) const ANSWER_LONG: u64 = 20 * 3600;

/// Plan of an attempt.
#[derive(Debug, Clone)]
pub(crate) struct AttemptPlan {
    /// Order of the claim and its reads, which are requested at the same time.
    pub order: Order,
    /// The worker repeats a failed write until it succeeds; otherwise it stops after the first failure.
    pub retries_writes: bool,
    /// The worker sees texts for the run before each step; otherwise only when it stores the end.
    pub sees_texts: bool,
    /// Actions before the end.
    pub actions: Vec<Action>,
    /// End of the attempt.
    pub end: AttemptEnd,
}

/// Action of an attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Action {
    /// Stores a step.
    StoreStep,
    /// Renews the lease.
    RenewLease,
}

/// End of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AttemptEnd {
    /// The run finishes.
    Finish,
    /// The run fails.
    Fail,
    /// The worker hands the run over after a step.
    HandOver,
    /// The worker hands the run over within a step, which is void.
    Cut,
    /// The run finishes with open calls.
    Ask(Calls),
}

/// Calls that a run leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Calls {
    /// Number of calls that the client makes.
    pub client: usize,
    /// Number of calls that need approval.
    pub approval: usize,
    /// Time for the answers, in seconds.
    pub seconds: u64,
}

impl AttemptPlan {
    /// The shortest answer.
    pub(crate) fn shortest() -> Self {
        Self {
            order: Order::AsSent,
            retries_writes: true,
            sees_texts: true,
            actions: Vec::new(),
            end: AttemptEnd::Finish,
        }
    }
}

/// Generates plans. `asks` is the weight of an end with open calls.
pub(crate) fn attempt_plan(asks: u32) -> impl Strategy<Value = AttemptPlan> {
    let action = prop_oneof![3 => Just(Action::StoreStep), 1 => Just(Action::RenewLease)];
    let end = prop_oneof![
        4 => Just(AttemptEnd::Finish),
        asks => calls().prop_map(AttemptEnd::Ask),
        1 => Just(AttemptEnd::Fail),
        2 => Just(AttemptEnd::HandOver),
        1 => Just(AttemptEnd::Cut),
    ];
    (
        prop_oneof![3 => Just(Order::AsSent), 1 => Just(Order::ReadsFirst), 1 => Just(Order::ThreadLast)],
        any::<bool>(),
        any::<bool>(),
        vec(action, 0..3),
        end,
    )
        .prop_map(|(order, retries_writes, sees_texts, actions, end)| AttemptPlan {
            order,
            retries_writes,
            sees_texts,
            actions,
            end,
        })
}

/// Generates calls: of the client, with approvals, or both.
fn calls() -> impl Strategy<Value = Calls> {
    let numbers = prop_oneof![
        4 => (1..=3_usize, Just(0)),
        4 => (Just(0), 1..=3_usize),
        2 => (1..=2_usize, 1..=2_usize),
    ];
    let seconds = prop::sample::select(vec![ANSWER_SHORT, ANSWER_LONG]);
    (numbers, seconds).prop_map(|((client, approval), seconds)| Calls {
        client,
        approval,
        seconds,
    })
}
