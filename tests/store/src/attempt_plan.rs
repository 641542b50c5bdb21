//! Plan of an attempt, which replaces the agent loop, and its random generation.

use proptest::collection::vec;
use proptest::prelude::*;

/// Plan of an attempt.
#[derive(Debug, Clone)]
pub(crate) struct AttemptPlan {
    /// Reads of the claim overtake its write, although all are requested at the same time.
    pub reads_first: bool,
    /// The worker repeats a failed write until it succeeds; otherwise it stops after the first failure.
    pub retries_writes: bool,
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
}

impl AttemptPlan {
    /// The shortest answer.
    pub(crate) fn shortest() -> Self {
        Self {
            reads_first: false,
            retries_writes: true,
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
        1 => Just(AttemptEnd::Fail),
        2 => Just(AttemptEnd::HandOver),
        1 => Just(AttemptEnd::Cut),
    ];
    (
        prop::bool::weighted(0.2),
        any::<bool>(),
        vec(action, 0..3),
        end,
    )
        .prop_map(|(reads_first, retries_writes, actions, end)| AttemptPlan {
            reads_first,
            retries_writes,
            actions,
            end,
        })
}
