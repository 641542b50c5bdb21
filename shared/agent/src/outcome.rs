//! x

use longwire_core::message::Message;
use longwire_core::run::CancelReason;

use crate::model::StopReason;
use crate::reply::{Reply, Stop};

/// How the loop leaves a run.
#[derive(Debug)]
pub enum Exit {
    /// The run is over.
    Ended(Finished),
    /// The run goes on in another worker, with its next step: this one's time is over. All that was said is in
    /// the [`Step`]s.
    HandOver,
}

/// How a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The model said all it had to say.
    Answered,
    /// The model was cut off: it may not write more, or the conversation is too long for it.
    CutShort,
    /// A guardrail or a filter stepped in, or the model wrote something unreadable.
    Refused,
    /// It took as many steps as it may.
    OutOfSteps,
    /// It was stopped.
    Stopped(CancelReason),
}

/// A run's end, and what of it is not stored yet.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub ending: Outcome,
    /// Messages that no [`Step`] carried.
    pub messages: Vec<Message>,
}

/// What follows a model call.
pub(super) enum Next {
    /// The tools it wants.
    Tools,
    /// Nothing.
    End(Outcome),
}

impl Next {
    pub(super) fn after(reply: &Reply) -> Self {
        let reason = match &reply.stop {
            Stop::Asked(reason) => return Self::End(Outcome::Stopped(*reason)),
            Stop::Model(reason) => reason,
        };
        match reason {
            StopReason::ToolUse if reply.message.calls().next().is_some() => Self::Tools,
            StopReason::ToolUse | StopReason::EndTurn | StopReason::StopSequence => {
                Self::End(Outcome::Answered)
            }
            StopReason::MaxTokens | StopReason::ModelContextWindowExceeded => {
                Self::End(Outcome::CutShort)
            }
            StopReason::GuardrailIntervened
            | StopReason::ContentFiltered
            | StopReason::MalformedModelOutput
            | StopReason::MalformedToolUse
            | StopReason::Unknown(_) => Self::End(Outcome::Refused),
        }
    }
}
