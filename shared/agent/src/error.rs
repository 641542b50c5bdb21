//! The error of a run.

use longwire_core::run::RunErrorCode;

use crate::model::ModelError;

/// Reason why the loop failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AgentError {
    /// The model failed, and a retry is hopeless or would repeat what was already sent to the client.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The event sink or the receiver of the steps is gone.
    #[error("the run was abandoned by its worker")]
    Abandoned,
}

impl AgentError {
    /// Code of the failure on the wire.
    pub fn code(&self) -> RunErrorCode {
        match self {
            Self::Model(error) => error.kind.code(),
            Self::Abandoned => RunErrorCode::Internal,
        }
    }
}
