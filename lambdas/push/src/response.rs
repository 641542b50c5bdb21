//! Response to a service that invokes the function itself.

use lambda_runtime::Diagnostic;
use longwire_core::event_run::EventRun;
use longwire_queue::error::QueueError;
use longwire_scheduler::error::ScheduleError;
use longwire_store::error::StoreError;
use longwire_store::threads::run_queue::MAX_RUNS;
use serde::Serialize;

use crate::bad_request::BadRequest;
use crate::broadcast::BadRoom;

/// Result of a request that was carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Response {
    /// Id of the event.
    pub id: String,
    /// Number of connections that have the event, also from an earlier request.
    pub delivered: usize,
    /// Number of connections that no longer exist.
    pub gone: usize,
    /// Number of users for whom the event is kept: 0 or 1.
    pub stored: usize,
    /// Run that the event started, now or in an earlier request.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub run: Option<EventRun>,
    /// Number of members of a room to whom the event is on its way; absent when it was posted to all connections at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queued: Option<usize>,
}

impl Response {
    /// Makes the response for an event that nobody has.
    pub(crate) fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            delivered: 0,
            gone: 0,
            stored: 0,
            run: None,
            queued: None,
        }
    }
}

/// Reason for which a request was not carried out, or only in part.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    BadRequest(#[from] BadRequest),
    #[error(transparent)]
    BadRoom(#[from] BadRoom),
    /// Prompt of a service that may not start runs in this way.
    #[error(
        "`prompt` is possible only in an invocation of the function by a service, or from a source in PROMPT_SOURCES"
    )]
    PromptWay,
    /// Shared user of a deployment with another `AUTH`. Nobody could read what is kept, and nobody would pay for the run.
    #[error(
        "`userId` is the user of all clients of another `AUTH`, whom no client of this deployment is: `prompt` and `durable` need \
         a user of this one"
    )]
    SharedUser,
    #[error("a table failed")]
    Store(#[from] StoreError),
    #[error("the queue failed")]
    Queue(#[from] QueueError),
    /// The user has spent what a limit allows; the text says which one, and when it renews.
    #[error("{0}")]
    QuotaExceeded(String),
    /// The user has unfinished runs on as many threads as the limit allows.
    #[error("the user has unfinished runs on {max} other threads, the most they may have")]
    TooManyThreads {
        /// Most threads.
        max: u32,
    },
    /// The thread has as many unfinished runs as it may have.
    #[error("the thread has {MAX_RUNS} unfinished runs, and takes no more")]
    Busy,
    /// The tables and the queue took too long. The run may be recorded all the same.
    #[error("the run was not started in time")]
    SlowStart,
    /// The invocation is about to end.
    #[error("the time of the invocation is over")]
    OutOfTime,
    /// Some connections took nothing. A repetition of the request posts to them only.
    #[error("{failed} of {total} connections did not take the event{}", if *.cut { ", and there may be more" } else { "" })]
    Incomplete {
        /// Number of connections that took nothing.
        failed: usize,
        /// Number of all connections that were found.
        total: usize,
        /// Set when the time was over before all were found.
        cut: bool,
    },
}

impl Failure {
    /// Failure of a drain whose connection took nothing.
    pub(crate) fn of_one_connection() -> Self {
        Self::Incomplete {
            failed: 1,
            total: 1,
            cut: false,
        }
    }

    /// Tells whether a limit did not allow the run of an event.
    pub(crate) fn is_limit(&self) -> bool {
        matches!(
            self,
            Self::QuotaExceeded(_) | Self::TooManyThreads { .. } | Self::Busy
        )
    }

    /// Logs a request that was not carried out.
    pub(crate) fn log(&self) {
        match self {
            Self::BadRequest(_) | Self::BadRoom(_) | Self::PromptWay | Self::SharedUser => {
                tracing::warn!(event = "push_refused", error = %self, "a request of a service was refused");
            }
            Self::Store(error) => {
                tracing::error!(event = "push_failed", %error, "a table failed");
            }
            Self::Queue(error) => {
                tracing::error!(event = "push_failed", %error, "the queue failed");
            }
            Self::SlowStart => {
                tracing::error!(event = "push_failed", error = %self, "the tables or the queue took too long");
            }
            Self::QuotaExceeded(_) | Self::TooManyThreads { .. } | Self::Busy => {
                tracing::warn!(event = "push_prompt_refused", error = %self, "an event started no run");
            }
            Self::OutOfTime => {
                tracing::warn!(event = "push_cut", "the time of the invocation is over");
            }
            Self::Incomplete { failed, total, .. } => {
                tracing::warn!(
                    event = "push_incomplete",
                    failed,
                    total,
                    "some connections took nothing"
                );
            }
        }
    }
}

impl From<ScheduleError> for Failure {
    fn from(error: ScheduleError) -> Self {
        match error {
            ScheduleError::Store(error) => Self::Store(error),
            ScheduleError::Queue(error) => Self::Queue(error),
        }
    }
}

/// Error of the invocation. The message of a table's error may contain ARNs, and is logged instead.
impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        let kind = match &failure {
            Failure::BadRequest(_)
            | Failure::BadRoom(_)
            | Failure::PromptWay
            | Failure::SharedUser => "InvalidRequest",
            Failure::Store(error) if error.permanent() => "Internal",
            Failure::Queue(QueueError::Permanent(_)) => "Internal",
            Failure::Store(_) | Failure::Queue(_) | Failure::SlowStart => "Unavailable",
            Failure::QuotaExceeded(_) => "QuotaExceeded",
            Failure::TooManyThreads { .. } => "RateLimited",
            Failure::Busy => "ThreadBusy",
            Failure::OutOfTime | Failure::Incomplete { .. } => "Incomplete",
        };
        Self {
            error_type: kind.to_owned(),
            error_message: failure.to_string(),
        }
    }
}
