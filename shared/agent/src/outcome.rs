//! Ends of a model call, of a run, and of the loop.

use longwire_core::message::Message;
use longwire_core::run::{CancelReason, RunEnd};

use crate::model::StopReason;

/// End of one model call: decides whether the loop goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The model asked for tools.
    ToolUse,
    /// The model completed its answer.
    EndTurn,
    /// The token limit or the model's context window was reached.
    MaxTokens,
    /// A guardrail or a content filter intervened, or the output of the model cannot be used.
    Refused,
    /// The run was cancelled during the call.
    Cancelled(CancelReason),
}

impl Stop {
    /// Maps the model's stop reason. A reply that stopped for tools without calling one is a complete answer:
    /// without a result there is nothing to call the model again with.
    pub(super) fn from_model(reason: &StopReason, calls_tools: bool) -> Self {
        match reason {
            StopReason::ToolUse if calls_tools => Self::ToolUse,
            StopReason::ToolUse | StopReason::EndTurn | StopReason::StopSequence => Self::EndTurn,
            StopReason::MaxTokens | StopReason::ModelContextWindowExceeded => Self::MaxTokens,
            StopReason::GuardrailIntervened
            | StopReason::ContentFiltered
            | StopReason::MalformedModelOutput
            | StopReason::MalformedToolUse
            | StopReason::Unknown(_) => Self::Refused,
        }
    }
}

/// Outcome of a run that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The model completed its answer.
    Answered,
    /// The answer was cut off at the token limit or at the model's context window.
    Truncated,
    /// A guardrail or a content filter intervened, or the output of the model cannot be used.
    Refused,
    /// The limit of model calls was reached.
    OutOfSteps,
    /// The run was cancelled.
    Cancelled(CancelReason),
}

impl From<Outcome> for RunEnd {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Answered | Outcome::Truncated | Outcome::Refused => Self::Finished,
            Outcome::OutOfSteps => Self::Cancelled(CancelReason::MaxSteps),
            Outcome::Cancelled(reason) => Self::Cancelled(reason),
        }
    }
}

/// Result of the loop in one worker.
#[derive(Debug)]
pub enum Exit {
    /// The run has ended.
    Ended {
        /// Outcome of the run.
        outcome: Outcome,
        /// Messages that no [`Step`](crate::ctx::Step) carried, to be stored together with the end of the run.
        messages: Vec<Message>,
    },
    /// The time of this worker is over, and another worker continues with the next step. Every message was
    /// sent in a [`Step`](crate::ctx::Step).
    HandOver,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stop_reason_has_one_meaning() {
        for (reason, stop) in [
            (StopReason::EndTurn, Stop::EndTurn),
            (StopReason::StopSequence, Stop::EndTurn),
            (StopReason::MaxTokens, Stop::MaxTokens),
            (StopReason::ModelContextWindowExceeded, Stop::MaxTokens),
            (StopReason::GuardrailIntervened, Stop::Refused),
            (StopReason::ContentFiltered, Stop::Refused),
            (StopReason::MalformedModelOutput, Stop::Refused),
            (StopReason::MalformedToolUse, Stop::Refused),
            (StopReason::Unknown("pause_turn".to_owned()), Stop::Refused),
        ] {
            assert_eq!(Stop::from_model(&reason, false), stop, "{reason:?}");
            assert_eq!(Stop::from_model(&reason, true), stop, "{reason:?}");
        }
    }

    #[test]
    fn tool_use_without_a_call_ends_the_turn() {
        assert_eq!(Stop::from_model(&StopReason::ToolUse, true), Stop::ToolUse);
        assert_eq!(Stop::from_model(&StopReason::ToolUse, false), Stop::EndTurn);
    }

    #[test]
    fn the_step_limit_is_a_cancellation_and_no_failure() {
        for (outcome, end) in [
            (Outcome::Answered, RunEnd::Finished),
            (Outcome::Truncated, RunEnd::Finished),
            (Outcome::Refused, RunEnd::Finished),
            (
                Outcome::OutOfSteps,
                RunEnd::Cancelled(CancelReason::MaxSteps),
            ),
            (
                Outcome::Cancelled(CancelReason::Timeout),
                RunEnd::Cancelled(CancelReason::Timeout),
            ),
        ] {
            assert_eq!(RunEnd::from(outcome), end);
        }
    }
}
