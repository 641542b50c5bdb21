//! What a client is told: always with status 200, because API Gateway hands a body on only then.

use serde::Serialize;
use shared::aws::fault::Fault;
use shared::wire::control::Control;
use shared::wire::control::error::{Code, ErrorFrame};
use shared::wire::format::render_error;
use shared::wire::shape::Format;

/// The integration's response; API Gateway's route response hands its body on as a frame.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    status_code: u16,
    body: String,
}

impl Answer {
    /// A control line, as the format has it: beside `agui` there are only errors and `pong`.
    pub(crate) fn new(format: Format, control: &Control) -> Self {
        let body = match (format, control) {
            (Format::Agui, _) | (_, Control::Pong(_)) => control.json(),
            (_, Control::Error(error)) => render_error(format, error.code.name(), &error.message),
            (
                _,
                Control::Ready(_)
                | Control::Ack(_)
                | Control::Alive(_)
                | Control::Resumed(_)
                | Control::History(_),
            ) => String::new(),
        };
        Self {
            status_code: 200,
            body,
        }
    }
}

/// Tells a client of a fault, and the log of its cause. The cause may name accounts and ARNs.
pub(crate) fn faulty(fault: &Fault) -> ErrorFrame {
    tracing::error!("a message was not handled: {fault}");
    match fault {
        Fault::Unreadable(_) => internal(),
        Fault::Refused | Fault::Conflict | Fault::Unavailable(_) => unavailable(),
    }
}

/// A fault of Longwire's own.
pub(crate) fn internal() -> ErrorFrame {
    ErrorFrame::new(Code::Internal, "Something went wrong on our side.")
}

/// Something did not answer in time.
pub(crate) fn unavailable() -> ErrorFrame {
    ErrorFrame::new(
        Code::Unavailable,
        "The service is not available right now. Try again.",
    )
}
