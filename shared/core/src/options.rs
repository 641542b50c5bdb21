//! Options that a client or the deployment sets for a run.

use serde::{Deserialize, Serialize};

/// Policy for a run whose last subscriber is gone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum OnGone {
    /// Cancels the run at once.
    #[default]
    Cancel,
    /// Lets the run continue for this many seconds (1–[`MAX_GRACE`]), then cancels it unless a subscriber came
    /// back.
    Grace(u16),
    /// Lets the run continue to its end.
    Finish,
}

/// Longest grace period, in seconds.
pub const MAX_GRACE: u16 = 900;

/// Error of an `onGone` value that names no policy.
#[derive(Debug, thiserror::Error)]
#[error("must be \"cancel\", \"finish\" or \"grace:<1-{MAX_GRACE}>\"")]
pub struct BadOnGone;

impl TryFrom<String> for OnGone {
    type Error = BadOnGone;

    fn try_from(text: String) -> Result<Self, BadOnGone> {
        match text.as_str() {
            "cancel" => Ok(Self::Cancel),
            "finish" => Ok(Self::Finish),
            other => other
                .strip_prefix("grace:")
                .and_then(|seconds| seconds.parse().ok())
                .filter(|seconds| (1..=MAX_GRACE).contains(seconds))
                .map(Self::Grace)
                .ok_or(BadOnGone),
        }
    }
}

impl From<OnGone> for String {
    fn from(policy: OnGone) -> Self {
        match policy {
            OnGone::Cancel => "cancel".to_owned(),
            OnGone::Finish => "finish".to_owned(),
            OnGone::Grace(seconds) => format!("grace:{seconds}"),
        }
    }
}

/// Event on the bus of the deployment when a run has ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Notify {
    /// No event.
    #[default]
    None,
    /// Event with the text of the answer.
    Content,
    /// Event with ids, outcome and usage. Also what this version makes of a value that a newer one stored: the event
    /// then lacks something, instead of being lost.
    #[serde(other)]
    Ids,
}

impl Notify {
    /// Tells whether there is no event.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// Policy for a prompt on a thread that has an active run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IfBusy {
    /// Queues the prompt.
    #[default]
    Queue,
    /// Refuses the prompt.
    Reject,
    /// Cancels the active run and everything queued, then starts.
    Interrupt,
}
