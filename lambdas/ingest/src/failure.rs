//! Failures of requests, and the error responses to them.

use std::time::Duration;

use longwire_core::ids::RunId;
use longwire_core::thread_key::ThreadKey;
use longwire_protocol::response::error::{Code, ErrorResponse};
use longwire_queue::error::QueueError;
use longwire_scheduler::error::ScheduleError;
use longwire_store::connections::closing::ClosingReason;
use longwire_store::error::StoreError;

/// Time after which a connection with too many active threads or replays may try again.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Time after which the client of a closed connection may try again, on another connection.
const CLOSED: Duration = Duration::from_secs(10);

/// Failure of a request.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Request that is refused.
    Refused(ErrorResponse),
    /// Error of a table.
    Store(StoreError),
    /// Error of the queue.
    Queue(QueueError),
    /// Request of a connection that is to be closed.
    Closing(ClosingReason),
    /// Request that took too long.
    TimedOut,
}

impl Failure {
    /// Logs an error of a table or of the queue, and makes the error response. The log may contain account ids and
    /// ARNs; the response does not.
    pub(crate) fn into_response(self) -> ErrorResponse {
        self.log();
        match self {
            Self::Refused(error) => error,
            Self::Closing(reason) => closing(reason),
            Self::Store(error) if error.permanent() => internal(),
            Self::Queue(QueueError::Permanent(_)) => internal(),
            Self::Store(_) | Self::Queue(_) | Self::TimedOut => unavailable(),
        }
    }

    /// Logs an error of a table or of the queue.
    pub(crate) fn log(&self) {
        match self {
            Self::Store(error) => {
                tracing::error!(event = "request_failed", %error, "a table failed");
            }
            Self::Queue(error) => {
                tracing::error!(event = "request_failed", %error, "the queue failed");
            }
            Self::Refused(_) | Self::Closing(_) | Self::TimedOut => {}
        }
    }

    /// Makes the failure of a request for a thread that does not exist. A thread of another owner is in another
    /// partition and is not found either.
    pub(crate) fn no_thread(key: &ThreadKey) -> Self {
        Self::Refused(ErrorResponse {
            thread_id: Some(key.thread_id.clone()),
            ..ErrorResponse::new(Code::ThreadNotFound, "`threadId` names no thread of yours.")
        })
    }

    /// Makes the failure of a request for a run that the thread does not have, or for the active run of a thread
    /// without one. A run of another owner is in another partition and is not found either.
    pub(crate) fn no_run(key: &ThreadKey, run_id: Option<RunId>) -> Self {
        let message = match run_id {
            Some(_) => "`runId` names no run of this thread.",
            None => "The thread has no active run.",
        };
        Self::Refused(ErrorResponse {
            thread_id: Some(key.thread_id.clone()),
            run_id,
            ..ErrorResponse::new(Code::RunNotFound, message)
        })
    }
}

impl From<ErrorResponse> for Failure {
    fn from(error: ErrorResponse) -> Self {
        Self::Refused(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<QueueError> for Failure {
    fn from(error: QueueError) -> Self {
        Self::Queue(error)
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

/// Error response to a request of a connection that sends or starts too much.
pub(crate) fn rate_limited(message: impl Into<String>, retry_after: Duration) -> ErrorResponse {
    ErrorResponse {
        retry_after_ms: retry_after.as_millis().try_into().ok(),
        ..ErrorResponse::new(Code::RateLimited, message)
    }
}

/// Error response to a request of a connection without a row. It was closed, or is older than API Gateway allows; its
/// user is not known any more.
pub(crate) fn unknown_connection() -> ErrorResponse {
    let message = "This connection is not known any more. Connect again.";
    ErrorResponse::new(Code::Unauthorized, message)
}

/// Error response to an error of Longwire itself.
pub(crate) fn internal() -> ErrorResponse {
    ErrorResponse::new(Code::Internal, "Something went wrong on our side.")
}

/// Error response to every request of a connection that is to be closed.
fn closing(reason: ClosingReason) -> ErrorResponse {
    match reason {
        ClosingReason::RateLimited => {
            let message =
                "This connection sent too many messages and is being closed. Connect again later.";
            rate_limited(message, CLOSED)
        }
        ClosingReason::TokenExpired => {
            let message =
                "The token of this connection has expired. Connect again with a fresh one.";
            ErrorResponse::new(Code::TokenExpired, message)
        }
        ClosingReason::Revoked => {
            ErrorResponse::new(Code::Unauthorized, "The access of this user was ended.")
        }
    }
}

/// Error response to a request that may succeed later.
pub(crate) fn unavailable() -> ErrorResponse {
    ErrorResponse::new(
        Code::Unavailable,
        "The service is not available right now. Try again.",
    )
}
