//! What may happen to an operation between two of its requests, and to a request.

use proptest::option;
use proptest::prelude::*;

/// Something happens to an operation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trouble {
    /// At which of its requests, counted from 1.
    pub at: u32,
    /// What.
    pub what: What,
}

/// What happens.
#[derive(Debug, Clone, Copy)]
pub(crate) enum What {
    /// Its process stands still before the request, and goes on when it is told to.
    Stops,
    /// Its process dies before the request.
    DiesBefore,
    /// Its process dies after the request, before it hears the answer.
    DiesAfter,
    /// So many requests on end are not made.
    Fails(u32),
    /// So many on end are made, and their answers get lost.
    Loses(u32),
    /// So many writes on end meet another transaction.
    Conflicts(u32),
}

impl What {
    /// Whether nothing but time is lost.
    pub(crate) fn harmless(self) -> bool {
        matches!(self, Self::Stops)
    }
}

/// No trouble in half of all operations, or before one of its first `requests` requests.
pub(crate) fn trouble(requests: u32) -> impl Strategy<Value = Option<Trouble>> {
    // A call of the store is made up to four times, so one failure is another matter than four.
    let times = || prop_oneof![3 => Just(1_u32), 2 => Just(4), 1 => Just(8), 1 => Just(1000)];
    let what = prop_oneof![
        5 => Just(What::Stops),
        2 => Just(What::DiesBefore),
        2 => Just(What::DiesAfter),
        2 => times().prop_map(What::Fails),
        2 => times().prop_map(What::Loses),
        1 => times().prop_map(What::Conflicts),
    ];
    option::of((1..=requests, what).prop_map(|(at, what)| Trouble { at, what }))
}
