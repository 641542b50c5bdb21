//! Plan of an attempt, which replaces the agent loop, and its random generation.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::fault_injector::Order;

/// Shorter time for the client's calls, in seconds: longer than any wait but the longest.
const ANSWER_SHORT: u64 = 400;

/// Longer time for them, in seconds. An idle thread lives for less.
const ANSWER_LONG: u64 = 20 * 3600;

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
#[derive(Debug, Clone, Copy)]
pub(crate) enum AttemptEnd {
    /// The run finishes.
    Finish,
    /// The run fails.
    Fail,
    /// The worker hands the run over after a step.
    HandOver,
    /// The worker hands the run over within a step, which is void.
    Cut,
    /// The run finishes with this number of calls for the client, which has this many seconds to make them.
    Ask(usize, u64),
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

/// Generates plans.
pub(crate) fn attempt_plan() -> impl Strategy<Value = AttemptPlan> {
    let action = prop_oneof![3 => Just(Action::StoreStep), 1 => Just(Action::RenewLease)];
    let end = prop_oneof![
        4 => Just(AttemptEnd::Finish),
        5 => (1..=3_usize, prop::sample::select(vec![ANSWER_SHORT, ANSWER_LONG]))
            .prop_map(|(calls, seconds)| AttemptEnd::Ask(calls, seconds)),
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
