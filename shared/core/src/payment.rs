//! Payment for a run: the user who pays, and the limits.

use serde::{Deserialize, Serialize};

use crate::ids::UserId;
use crate::limits::UserLimits;

/// User who pays for a run, within the limits that the user had when the run was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payer {
    /// User.
    pub user: UserId,
    /// Limits of the user.
    #[serde(default)]
    pub limits: UserLimits,
}

/// Reservation of a run's first model call, which a worker makes beside the claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Prepayment {
    /// Payer of the run.
    pub payer: Payer,
    /// Estimated tokens of the first request without system prompt and tools: those of the conversation, and the prompt.
    pub input_tokens: u64,
}
