//! What may happen to an operation between two of its requests, and to a request.

use proptest::collection::vec;
use proptest::prelude::*;

/// Something happens to an operation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trouble {
    /// At which of its requests, counted from 1, since it began, went on, or was over its last trouble.
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

impl Trouble {
    /// What becomes of the request of this number: nothing before the trouble, and none when it is over.
    pub(crate) fn meets(self, request: u32) -> Option<Verdict> {
        let times = match self.what {
            What::Stops | What::DiesBefore | What::DiesAfter => 1,
            What::Fails(times) | What::Loses(times) | What::Conflicts(times) => times,
        };
        match request.checked_sub(self.at) {
            None => Some(Verdict::Passes),
            Some(after) if after >= times => None,
            Some(_) => Some(match self.what {
                What::Stops => Verdict::Waits,
                What::DiesBefore => Verdict::DiesBefore,
                What::DiesAfter => Verdict::DiesAfter,
                What::Fails(_) => Verdict::Fails,
                What::Loses(_) => Verdict::GetsLost,
                What::Conflicts(_) => Verdict::Conflicts,
            }),
        }
    }
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passes,
    Waits,
    DiesBefore,
    DiesAfter,
    Fails,
    GetsLost,
    Conflicts,
}

/// No trouble in half of all operations, else some, one after the other, before one of so many requests.
pub(crate) fn troubles(requests: u32) -> impl Strategy<Value = Vec<Trouble>> {
    // A call of the store is made up to four times, so one failure is another matter than four.
    let times = || prop_oneof![3 => Just(1_u32), 2 => Just(4), 1 => Just(8), 1 => Just(40)];
    let what = prop_oneof![
        5 => Just(What::Stops),
        2 => Just(What::DiesBefore),
        2 => Just(What::DiesAfter),
        2 => times().prop_map(What::Fails),
        2 => times().prop_map(What::Loses),
        1 => times().prop_map(What::Conflicts),
    ];
    let trouble = (1..=requests, what).prop_map(|(at, what)| Trouble { at, what });
    prop_oneof![1 => Just(Vec::new()), 1 => vec(trouble, 1..=3)]
}
