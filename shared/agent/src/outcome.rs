//! Ends of a model call, of a run, and of the loop.

use longwire_core::message::Message;
use longwire_core::run::{CancelReason, RunEnd};
use longwire_core::run_frame::RunFrame;

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
    /// A guardrail or a content filter intervened.
    Filtered,
    /// The output of the model cannot be used.
    Refused,
    /// The run was cancelled during the call.
    Cancelled(CancelReason),
}

impl Stop {
    /// Maps the model's stop reason, which is wrong at times: models end their turn with calls that they want to be made,
    /// and stop for tools without calling one. Calls are made unless the reply was cut off, filtered or malformed. A reply
    /// without calls is complete, because there is no result to call the model again with.
    pub(super) fn from_model(reason: &StopReason, calls_tools: bool) -> Self {
        match reason {
            StopReason::MaxTokens | StopReason::ModelContextWindowExceeded => Self::MaxTokens,
            StopReason::GuardrailIntervened | StopReason::ContentFiltered => Self::Filtered,
            StopReason::MalformedModelOutput | StopReason::MalformedToolUse => Self::Refused,
            StopReason::ToolUse
            | StopReason::EndTurn
            | StopReason::StopSequence
            | StopReason::Unknown(_)
                if calls_tools =>
            {
                Self::ToolUse
            }
            StopReason::ToolUse | StopReason::EndTurn | StopReason::StopSequence => Self::EndTurn,
            StopReason::Unknown(_) => Self::Refused,
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
    /// Calls of the last answer have no result: the client makes them, or a person approves them first.
    NeedsAnswers,
    /// The limit of model calls was reached.
    OutOfSteps,
    /// The run was cancelled.
    Cancelled(CancelReason),
}

impl Outcome {
    /// Tells whether the run goes on with texts that the user sent to it before its end. A model that a guardrail stopped
    /// would refuse them too.
    pub fn takes_texts(self) -> bool {
        matches!(self, Self::Answered | Self::Truncated)
    }
}

impl From<Outcome> for RunEnd {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Answered | Outcome::Truncated | Outcome::Refused | Outcome::NeedsAnswers => {
                Self::Finished
            }
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
        /// Frame of the run, if the stored one is another. It is needed only when the run goes on after all.
        frame: Option<RunFrame>,
    },
    /// The time of this worker is over, and another worker continues with the next step. Every message was
    /// sent in a [`Step`](crate::ctx::Step).
    HandOver,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_made_whatever_the_reason_unless_the_reply_was_cut_off_or_refused() {
        for (reason, with_calls, without) in [
            (StopReason::EndTurn, Stop::ToolUse, Stop::EndTurn),
            (StopReason::ToolUse, Stop::ToolUse, Stop::EndTurn),
            (StopReason::StopSequence, Stop::ToolUse, Stop::EndTurn),
            (
                StopReason::Unknown("pause_turn".to_owned()),
                Stop::ToolUse,
                Stop::Refused,
            ),
            (StopReason::MaxTokens, Stop::MaxTokens, Stop::MaxTokens),
            (
                StopReason::ModelContextWindowExceeded,
                Stop::MaxTokens,
                Stop::MaxTokens,
            ),
            (
                StopReason::GuardrailIntervened,
                Stop::Filtered,
                Stop::Filtered,
            ),
            (StopReason::ContentFiltered, Stop::Filtered, Stop::Filtered),
            (
                StopReason::MalformedModelOutput,
                Stop::Refused,
                Stop::Refused,
            ),
            (StopReason::MalformedToolUse, Stop::Refused, Stop::Refused),
        ] {
            assert_eq!(Stop::from_model(&reason, true), with_calls, "{reason:?}");
            assert_eq!(Stop::from_model(&reason, false), without, "{reason:?}");
        }
    }

    #[test]
    fn the_step_limit_is_a_cancellation_and_no_failure() {
        for (outcome, end) in [
            (Outcome::Answered, RunEnd::Finished),
            (Outcome::Truncated, RunEnd::Finished),
            (Outcome::Refused, RunEnd::Finished),
            (Outcome::NeedsAnswers, RunEnd::Finished),
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
