//! What goes wrong in a step.

use serde::{Deserialize, Serialize};

use crate::{
    error::{AwsError, Kind},
    play::cue::Act,
};

/// One fault.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What happens.
    pub kind: FaultKind,
    /// In a stream: after so many deltas (0 when absent; `no_message_stop`: after all).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_deltas: Option<usize>,
    /// Only the first so many equal requests meet it (equal in messages and `requestMetadata`, so
    /// that a retry succeeds and another run meets it anew); all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Which exception event, for `exception`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<Kind>,
    /// The error's text in place of the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// The kinds of fault.
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
    /// In the stream: silence with the connection open, for good.
    Stall,
    /// In the stream: half a frame, then the connection breaks.
    Cut,
    /// In the stream: a clean end without `messageStop`.
    NoMessageStop,
}

impl FaultKind {
    /// The refusal, for a fault before the stream.
    #[must_use]
    pub fn refusal(self) -> Option<Kind> {
        match self {
            Self::AccessDenied => Some(Kind::AccessDenied),
            Self::InternalServer => Some(Kind::InternalServer),
            Self::ModelError => Some(Kind::ModelError),
            Self::ModelNotReady => Some(Kind::ModelNotReady),
            Self::ModelTimeout => Some(Kind::ModelTimeout),
            Self::ResourceNotFound => Some(Kind::ResourceNotFound),
            Self::ServiceUnavailable => Some(Kind::ServiceUnavailable),
            Self::Throttling => Some(Kind::Throttling),
            Self::Validation => Some(Kind::Validation),
            Self::Exception | Self::Stall | Self::Cut | Self::NoMessageStop => None,
        }
    }
}

impl Fault {
    /// The refusal, for a fault before the stream.
    pub(crate) fn refusal(&self) -> Option<AwsError> {
        self.kind.refusal().map(|kind| self.error(kind))
    }

    fn error(&self, kind: Kind) -> AwsError {
        let usual = AwsError::from(kind);
        AwsError {
            message: self.message.clone().unwrap_or(usual.message),
            ..usual
        }
    }

    /// The act that ends the stream; none for an end without a word.
    pub(crate) fn act(&self) -> Option<Act> {
        match self.kind {
            FaultKind::Exception => Some(Act::Raise(
                self.error(self.exception.unwrap_or(Kind::ModelStreamError)),
            )),
            FaultKind::Stall => Some(Act::Stall),
            FaultKind::Cut => Some(Act::Cut),
            _ => None,
        }
    }

    /// After how many deltas.
    pub(crate) fn after(&self) -> usize {
        let whole = if self.kind == FaultKind::NoMessageStop {
            usize::MAX
        } else {
            0
        };
        self.after_deltas.unwrap_or(whole)
    }
}
