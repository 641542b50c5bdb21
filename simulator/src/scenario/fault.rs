//! Fault of a step.

use serde::{Deserialize, Serialize};

use crate::{
    error::{AwsError, ErrorKind},
    response::action::Action,
};

/// One fault.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Kind of the fault.
    pub kind: FaultKind,
    /// Number of deltas before a fault in the stream; when absent 0, for `no_message_stop` all deltas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_deltas: Option<usize>,
    /// Number of equal requests that the fault applies to, all when absent. Requests are equal if their
    /// messages and `requestMetadata` are, so that a retry succeeds and the fault applies anew to another run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Exception of the fault `exception`; `model_stream_error` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<ErrorKind>,
    /// Error message in place of the default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Kinds of fault.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Before the stream: 403.
    AccessDenied,
    /// Before the stream: 500.
    #[serde(alias = "5xx")]
    InternalServer,
    /// Before the stream: 424.
    ModelError,
    /// Before the stream: 429.
    ModelNotReady,
    /// Before the stream: 408.
    ModelTimeout,
    /// Before the stream: 404.
    ResourceNotFound,
    /// Before the stream: 503.
    ServiceUnavailable,
    /// Before the stream: 429.
    Throttling,
    /// Before the stream: 400.
    Validation,
    /// In the stream: an exception event, then the end.
    Exception,
    /// In the stream: no further event while the connection stays open.
    Stall,
    /// In the stream: half a frame, then a connection reset.
    Cut,
    /// In the stream: a regular end of the body without `messageStop`.
    NoMessageStop,
}

impl FaultKind {
    /// Returns the error of a fault before the stream; `None` for a fault in the stream.
    #[must_use]
    pub fn error_kind(self) -> Option<ErrorKind> {
        match self {
            Self::AccessDenied => Some(ErrorKind::AccessDenied),
            Self::InternalServer => Some(ErrorKind::InternalServer),
            Self::ModelError => Some(ErrorKind::ModelError),
            Self::ModelNotReady => Some(ErrorKind::ModelNotReady),
            Self::ModelTimeout => Some(ErrorKind::ModelTimeout),
            Self::ResourceNotFound => Some(ErrorKind::ResourceNotFound),
            Self::ServiceUnavailable => Some(ErrorKind::ServiceUnavailable),
            Self::Throttling => Some(ErrorKind::Throttling),
            Self::Validation => Some(ErrorKind::Validation),
            Self::Exception | Self::Stall | Self::Cut | Self::NoMessageStop => None,
        }
    }
}

impl Fault {
    /// Returns the error response of a fault before the stream; `None` for a fault in the stream.
    pub(crate) fn error_response(&self) -> Option<AwsError> {
        self.kind.error_kind().map(|kind| self.error(kind))
    }

    fn error(&self, kind: ErrorKind) -> AwsError {
        let default = AwsError::from(kind);
        AwsError {
            message: self.message.clone().unwrap_or(default.message),
            ..default
        }
    }

    /// Returns the action that ends the stream; `None` for a fault that only omits events.
    pub(crate) fn action(&self) -> Option<Action> {
        match self.kind {
            FaultKind::Exception => Some(Action::Raise(
                self.error(self.exception.unwrap_or(ErrorKind::ModelStreamError)),
            )),
            FaultKind::Stall => Some(Action::Stall),
            FaultKind::Cut => Some(Action::Cut),
            _ => None,
        }
    }

    /// Returns the number of deltas before a fault in the stream.
    pub(crate) fn delta_limit(&self) -> usize {
        let default = if self.kind == FaultKind::NoMessageStop {
            usize::MAX
        } else {
            0
        };
        self.after_deltas.unwrap_or(default)
    }
}
