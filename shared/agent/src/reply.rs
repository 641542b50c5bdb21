//! What comes of one model call.

use crate::model::{ModelError, StopReason};
use longwire_core::message::Message;
use longwire_core::run::CancelReason;
use longwire_core::run::RunErrorCode;
use longwire_protocol::numbered::Draft;

/// Why a run failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    /// The model failed, and trying again would not help or would repeat what was shown.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Whoever sends its lines or stores its steps is gone.
    #[error("the run was abandoned by its worker")]
    Abandoned,
}

impl Failure {
    /// The code a client is told.
    pub fn code(&self) -> RunErrorCode {
        match self {
            Self::Model(error) => error.kind.code(),
            Self::Abandoned => RunErrorCode::Internal,
        }
    }
}

/// What one model call said.
#[derive(Debug)]
pub(super) struct Reply {
    /// The assistant's turn.
    pub message: Message,
    /// Why it stopped.
    pub stop: Stop,
    /// What finishes the step for the client.
    pub finished: Draft,
}

/// Why a model call stopped: by itself, or because we stopped it.
#[derive(Debug)]
pub(super) enum Stop {
    /// The model's own reason.
    Model(StopReason),
    /// Ours.
    Asked(CancelReason),
}
