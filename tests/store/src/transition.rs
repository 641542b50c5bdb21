//! Transitions of a case.

use longwire_core::options::IfBusy;

use crate::answers::Choices;
use crate::attempt_plan::AttemptPlan;
use crate::fault::Fault;

/// Transition of the system. A number that chooses one of several messages or operations is taken modulo their
/// count.
#[derive(Debug, Clone)]
pub(crate) enum Transition {
    /// A client starts a run, or starts one again under the same id.
    Start {
        run: usize,
        if_busy: IfBusy,
        supersede: bool,
        faults: Vec<Fault>,
    },
    /// A client sends one of two results of a call, or a part of it, or a decision about a call.
    Answer {
        call: usize,
        choices: Choices,
        faults: Vec<Fault>,
    },
    /// A client cancels a run, or the one that follows it after this number of rounds.
    Cancel {
        run: usize,
        rounds: usize,
        faults: Vec<Fault>,
    },
    /// A client sends the text of this number to a run or one that follows it, or sends it again, to the same run.
    Steer {
        text: usize,
        run: usize,
        rounds: usize,
        faults: Vec<Fault>,
    },
    /// A client sends `resume` for a run, or one that follows it, on the connection of this number.
    Resume {
        run: usize,
        rounds: usize,
        connection: usize,
        faults: Vec<Fault>,
    },
    /// A worker receives a message. With `redelivery` it may be a deleted one.
    Deliver {
        message: usize,
        redelivery: bool,
        plan: AttemptPlan,
        faults: Vec<Fault>,
    },
    /// A paused operation continues.
    Continue {
        operation: usize,
        faults: Vec<Fault>,
    },
    /// The process of a paused operation crashes.
    Crash { operation: usize },
    /// A client deletes the thread.
    Delete { faults: Vec<Fault> },
    /// A record of the table's stream is delivered, perhaps once more.
    Erase { record: usize, faults: Vec<Fault> },
    /// Time passes, in seconds.
    Wait(u64),
    /// The sweep looks for overdue runs.
    Sweep { faults: Vec<Fault> },
}
