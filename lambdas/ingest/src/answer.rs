//! What a client is told: always with status 200, because API Gateway hands a body on only then.

use longwire_core::shape::Format;
use longwire_protocol::format::render_error;
use longwire_protocol::response::Response;
use longwire_protocol::response::error::{Code, ErrorResponse};
use longwire_queue::QueueError;
use longwire_scheduler::ScheduleError;
use longwire_store::error::StoreError;
use serde::Serialize;

/// The integration's response; API Gateway's route response hands its body on as a frame.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    status_code: u16,
    body: String,
}

impl Answer {
    /// A control line, as the format has it: beside `agui` there are only errors and `pong`.
    pub(crate) fn new(format: Format, control: &Response) -> Self {
        let body = match (format, control) {
            (Format::Agui, _) | (_, Response::Pong(_)) => control.json(),
            (_, Response::Error(error)) => render_error(format, error.code.name(), &error.message),
            (
                _,
                Response::Ready(_)
                | Response::Ack(_)
                | Response::Alive(_)
                | Response::Resumed(_)
                | Response::History(_),
            ) => String::new(),
        };
        Self {
            status_code: 200,
            body,
        }
    }
}

/// Tells a client of a fault, and the log of its cause. The cause may name accounts and ARNs.
pub(crate) fn faulty(fault: &StoreError) -> ErrorResponse {
    tracing::error!("a message was not handled: {fault}");
    match fault {
        StoreError::Corrupt(_) => internal(),
        StoreError::ConditionFailed
        | StoreError::TransactionConflict
        | StoreError::Unavailable(_) => unavailable(),
    }
}

/// Tells a client of a failed start or wake-up, and the log of its cause.
pub(crate) fn schedule_failed(error: &ScheduleError) -> ErrorResponse {
    match error {
        ScheduleError::Store(error) => faulty(error),
        ScheduleError::Queue(error) => queue_failed(error),
    }
}

/// Tells a client of a queue that failed, and the log of its cause.
pub(crate) fn queue_failed(error: &QueueError) -> ErrorResponse {
    tracing::error!("a message was not handled: {error}");
    unavailable()
}

/// A fault of Longwire's own.
pub(crate) fn internal() -> ErrorResponse {
    ErrorResponse::new(Code::Internal, "Something went wrong on our side.")
}

/// Something did not answer in time.
pub(crate) fn unavailable() -> ErrorResponse {
    ErrorResponse::new(
        Code::Unavailable,
        "The service is not available right now. Try again.",
    )
}
