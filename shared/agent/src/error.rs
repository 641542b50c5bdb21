//! The error of a run.

use longwire_core::message::Usage;
use longwire_core::run::RunErrorCode;

use crate::model::ModelError;

/// Reason why the loop failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AgentError {
    /// The model failed, and a retry is hopeless or would repeat what was already sent to the client.
    #[error("{error}")]
    Model {
        /// Error of the model.
        #[source]
        error: ModelError,
        /// Tokens that were spent all the same: those that Bedrock reported, or an estimate of a reply that broke off.
        usage: Option<Usage>,
    },
    /// A model call was not reserved, because the table failed.
    #[error("the model call was not reserved")]
    NotReserved,
    /// The user has a limit of money, and the price of the model is not known.
    #[error("the price of the model is not known")]
    NoPrice,
    /// The texts that the user sent to the run cannot be read.
    #[error("the texts that were sent to the run cannot be read")]
    TextsNotRead,
    /// The event sink or the receiver of the steps is gone.
    #[error("the run was abandoned by its worker")]
    Abandoned,
}

impl AgentError {
    /// Tokens of the model call that failed.
    pub fn usage(&self) -> Option<Usage> {
        match self {
            Self::Model { usage, .. } => *usage,
            Self::NotReserved | Self::NoPrice | Self::TextsNotRead | Self::Abandoned => None,
        }
    }

    /// Code of the failure on the wire.
    pub fn code(&self) -> RunErrorCode {
        match self {
            Self::Model { error, .. } => error.kind.code(),
            Self::NoPrice => RunErrorCode::ModelMisconfigured,
            Self::NotReserved | Self::TextsNotRead | Self::Abandoned => RunErrorCode::Internal,
        }
    }
}
