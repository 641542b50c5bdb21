//! Faults of an operation's requests and of its process, and their random generation.

use proptest::collection::vec;
use proptest::prelude::*;

/// Fault of an operation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    /// First request that meets the fault. Requests are counted from 1, from the start of the operation, from its
    /// last continuation or from the end of its last fault.
    pub at: u32,
    /// Kind of the fault.
    pub kind: FaultKind,
}

/// Kind of a fault.
#[derive(Debug, Clone, Copy)]
pub(crate) enum FaultKind {
    /// The process pauses before the request, until a transition continues it.
    Pause,
    /// The process crashes before the request.
    CrashBefore,
    /// The process crashes after the request, before it receives the response.
    CrashAfter,
    /// Consecutive requests, of this number, are not sent.
    Fail(u32),
    /// Consecutive requests, of this number, are sent, and their responses are lost.
    LoseResponse(u32),
    /// Consecutive requests, of this number, have a transaction conflict if they are writes.
    Conflict(u32),
}

impl FaultKind {
    /// Tells whether the fault loses a request, a response or a process.
    pub(crate) fn is_loss(self) -> bool {
        !matches!(self, Self::Pause)
    }
}

impl Fault {
    /// Fate of the request of this number; `None` when the fault is over.
    pub(crate) fn fate_of(self, request: u32) -> Option<RequestFate> {
        let times = match self.kind {
            FaultKind::Pause | FaultKind::CrashBefore | FaultKind::CrashAfter => 1,
            FaultKind::Fail(times)
            | FaultKind::LoseResponse(times)
            | FaultKind::Conflict(times) => times,
        };
        match request.checked_sub(self.at) {
            None => Some(RequestFate::Pass),
            Some(after) if after >= times => None,
            Some(_) => Some(match self.kind {
                FaultKind::Pause => RequestFate::Wait,
                FaultKind::CrashBefore => RequestFate::CrashBefore,
                FaultKind::CrashAfter => RequestFate::CrashAfter,
                FaultKind::Fail(_) => RequestFate::Fail,
                FaultKind::LoseResponse(_) => RequestFate::LoseResponse,
                FaultKind::Conflict(_) => RequestFate::Conflict,
            }),
        }
    }
}

/// Fate of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestFate {
    Pass,
    Wait,
    CrashBefore,
    CrashAfter,
    Fail,
    LoseResponse,
    Conflict,
}

/// Generates the faults of an operation: none for half of the operations, else up to three in succession, each within
/// this number of requests.
pub(crate) fn faults(requests: u32) -> impl Strategy<Value = Vec<Fault>> {
    // The store makes up to four attempts at a call, so four failures have another effect than one.
    let times = || prop_oneof![3 => Just(1_u32), 2 => Just(4), 1 => Just(8), 1 => Just(40)];
    let kind = prop_oneof![
        5 => Just(FaultKind::Pause),
        2 => Just(FaultKind::CrashBefore),
        2 => Just(FaultKind::CrashAfter),
        2 => times().prop_map(FaultKind::Fail),
        2 => times().prop_map(FaultKind::LoseResponse),
        1 => times().prop_map(FaultKind::Conflict),
    ];
    let fault = (1..=requests, kind).prop_map(|(at, kind)| Fault { at, kind });
    prop_oneof![1 => Just(Vec::new()), 1 => vec(fault, 1..=3)]
}
